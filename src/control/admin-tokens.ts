import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { RotatoError } from '../errors.ts';
import type { Secret } from '../model/secret.ts';
import type { StoredToken } from '../model/settings-store.ts';
import { invalidField } from './input-problems.ts';
import { hintOf, masked } from './mask.ts';
import type { TokenActs } from './operator.ts';
import { digestOf, newSecret } from './secrets.ts';
import type { SettingsInForce } from './settings-in-force.ts';
import type { AdminTokenView } from './views.ts';

/** A script may use its token a hundred times a second; the disk is told once in so long. */
const NOTED_EVERY_MS = 60_000;
const LONGEST_NAME = 64;

/** Credentials of the admin API, for scripts. */
export class AdminTokens implements TokenActs {
  readonly #inForce: SettingsInForce;
  readonly #clock: Clock;
  readonly #whenNotingFails: (error: unknown) => void;
  /** By id: later than what the store was told. */
  readonly #usedAt = new Map<string, number>();

  constructor(inForce: SettingsInForce, clock: Clock, whenNotingFails: (error: unknown) => void) {
    this.#inForce = inForce;
    this.#clock = clock;
    this.#whenNotingFails = whenNotingFails;
  }

  list(): readonly AdminTokenView[] {
    return [...this.#inForce.stored.tokens.values()].map((row) => this.#view(row));
  }

  async create(name: unknown): Promise<{ readonly token: AdminTokenView; readonly secret: Secret }> {
    const wanted = typeof name === 'string' ? name.trim() : '';
    if (wanted === '' || wanted.length > LONGEST_NAME || /[^\x20-\x7e]/.test(wanted)) {
      throw invalidField('name', `allowed: a name of 1 to ${LONGEST_NAME} printable ASCII characters`);
    }
    const secret = newSecret('admin');
    const row: StoredToken = {
      id: randomUUID(),
      name: wanted,
      digest: digestOf(secret.reveal()),
      hint: hintOf(secret.reveal()),
      createdAt: this.#clock.wallNow(),
      lastUsedAt: null,
    };
    await this.#inForce.change(({ stored }) => {
      if ([...stored.tokens.values()].some((token) => token.name === wanted)) {
        throw invalidField('name', 'found a name that is taken; allowed: a name of its own');
      }
      return { change: { put: { tokens: [row] } }, result: undefined };
    });
    return { token: this.#view(row), secret };
  }

  revoke(id: string): Promise<void> {
    return this.#inForce.change(({ stored }) => {
      if (!stored.tokens.has(id))
        throw new RotatoError('not-found', 'There is no such token; it may have been revoked.');
      this.#usedAt.delete(id);
      return { change: { remove: { tokens: [id] } }, result: undefined };
    });
  }

  find(secret: string): AdminTokenView | null {
    // The digest is looked up, not the secret: how long that takes tells nothing about how much of a guess is right.
    const digest = digestOf(secret);
    const row = [...this.#inForce.stored.tokens.values()].find((token) => token.digest === digest);
    if (row === undefined) return null;
    const now = this.#clock.wallNow();
    this.#usedAt.set(row.id, now);
    if (row.lastUsedAt === null || now - row.lastUsedAt >= NOTED_EVERY_MS) this.#note(row.id, now);
    return this.#view(row);
  }

  #note(id: string, lastUsedAt: number): void {
    this.#inForce
      .note(({ tokens }) => {
        const row = tokens.get(id);
        const known = row?.lastUsedAt ?? 0;
        return row === undefined || lastUsedAt - known < NOTED_EVERY_MS
          ? {}
          : { put: { tokens: [{ ...row, lastUsedAt }] } };
      })
      .catch(this.#whenNotingFails);
  }

  #view({ id, name, hint, createdAt, lastUsedAt }: StoredToken): AdminTokenView {
    return { id, name, masked: masked(hint), createdAt, lastUsedAt: this.#usedAt.get(id) ?? lastUsedAt };
  }
}

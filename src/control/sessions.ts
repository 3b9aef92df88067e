import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { Secret } from '../model/secret.ts';
import type { StoredSession } from '../model/settings-store.ts';
import { passwordInForce } from './admin-password.ts';
import type { SessionActs, SessionView } from './operator.ts';
import { digestOf } from './secrets.ts';
import type { SettingsInForce } from './settings-in-force.ts';

const HOUR_MS = 3_600_000;
/** Ends a session that nobody uses, and one that is used all the time. */
const IDLE_MS = 12 * HOUR_MS;
const LONGEST_MS = 30 * 24 * HOUR_MS;
/** A panel asks every second; the disk is told once in so long. */
const NOTED_EVERY_MS = 60_000;
const TOKEN_BYTES = 32;
/** Beyond, the one unused for longest ends: a script that signs in for every call must not fill the disk. */
const MOST_SESSIONS = 500;

/** Browsers that are signed in. They outlive a restart, and end with the password, wherever that is changed. */
export class Sessions implements SessionActs {
  readonly #inForce: SettingsInForce;
  readonly #clock: Clock;
  readonly #whenNotingFails: (error: unknown) => void;
  /** By digest: later than what the store was told. */
  readonly #seenAt = new Map<string, number>();

  constructor(inForce: SettingsInForce, clock: Clock, whenNotingFails: (error: unknown) => void) {
    this.#inForce = inForce;
    this.#clock = clock;
    this.#whenNotingFails = whenNotingFails;
  }

  async create(): Promise<{ readonly session: SessionView; readonly secret: Secret }> {
    const secret = new Secret(randomBytes(TOKEN_BYTES).toString('base64url'));
    const now = this.#clock.wallNow();
    const row: StoredSession = {
      digest: this.#digestOf(secret.reveal()),
      createdAt: now,
      seenAt: now,
      expiresAt: now + LONGEST_MS,
    };
    await this.#inForce.note(({ sessions }) => {
      const ended = [...sessions.values()].filter((session) => !this.#isAlive(session));
      const living = [...sessions.values()].filter((session) => this.#isAlive(session));
      const oldestFirst = living.sort((a, b) => this.#lastSeen(a) - this.#lastSeen(b));
      const crowdedOut = oldestFirst.slice(0, Math.max(0, living.length + 1 - MOST_SESSIONS));
      const gone = [...ended, ...crowdedOut].map(({ digest }) => digest);
      for (const digest of gone) this.#seenAt.delete(digest);
      return { put: { sessions: [row] }, remove: { sessions: gone } };
    });
    return { session: view(row), secret };
  }

  find(secret: string, { quietly = false }: { readonly quietly?: boolean } = {}): SessionView | null {
    const row = this.#inForce.stored.sessions.get(this.#digestOf(secret));
    if (row === undefined || !this.#isAlive(row)) return null;
    if (quietly) return view(row);
    const now = this.#clock.wallNow();
    this.#seenAt.set(row.digest, now);
    if (now - row.seenAt >= NOTED_EVERY_MS) this.#note(row.digest, now);
    return view(row);
  }

  end(secret: string): Promise<void> {
    const digest = this.#digestOf(secret);
    this.#seenAt.delete(digest);
    return this.#inForce.note(({ sessions }) => (sessions.has(digest) ? { remove: { sessions: [digest] } } : {}));
  }

  endAll(): Promise<void> {
    this.#seenAt.clear();
    return this.#inForce.note(({ sessions }) => ({ remove: { sessions: [...sessions.keys()] } }));
  }

  /** With the password that is in force: the environment may hold another one after a restart. */
  #digestOf(secret: string): string {
    return digestOf(`${secret}\0${passwordInForce(this.#inForce)}`);
  }

  #note(digest: string, seenAt: number): void {
    this.#inForce
      .note(({ sessions }) => {
        const row = sessions.get(digest);
        return row === undefined || seenAt - row.seenAt < NOTED_EVERY_MS
          ? {}
          : { put: { sessions: [{ ...row, seenAt }] } };
      })
      .catch(this.#whenNotingFails);
  }

  #isAlive(row: StoredSession): boolean {
    const now = this.#clock.wallNow();
    return now < row.expiresAt && now < this.#lastSeen(row) + IDLE_MS;
  }

  #lastSeen({ digest, seenAt }: StoredSession): number {
    return Math.max(seenAt, this.#seenAt.get(digest) ?? 0);
  }
}

function view({ createdAt, expiresAt }: StoredSession): SessionView {
  return { createdAt, expiresAt };
}

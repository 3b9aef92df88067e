import { createHash, timingSafeEqual } from 'node:crypto';
import { chosenPassword } from '../config/schema.ts';
import { RotatoError } from '../errors.ts';
import { Secret } from '../model/secret.ts';
import { ADMIN_PASSWORD_VALUE } from '../model/settings-store.ts';
import { generatePassword, hashPassword, verifyPassword } from '../store/password-hash.ts';
import { invalidField } from './input-problems.ts';
import type { PasswordActs } from './operator.ts';
import type { SettingsInForce } from './settings-in-force.ts';

/** The password of the panel: the environment's where it sets one, else the one whose hash is stored. */
export class AdminPassword implements PasswordActs {
  readonly #inForce: SettingsInForce;

  constructor(inForce: SettingsInForce) {
    this.#inForce = inForce;
  }

  async verify(text: string): Promise<boolean> {
    if (text === '') return false;
    const { adminPassword } = this.#inForce.file;
    if (adminPassword !== null) return isSame(text, adminPassword.reveal());
    const hash = this.#hash;
    if (hash === null || !(await verifyPassword(text, hash))) return false;
    // It takes long enough for the password to be changed meanwhile.
    return passwordInForce(this.#inForce) === hash;
  }

  async change(current: string, next: string): Promise<void> {
    if (this.#inForce.file.adminPassword !== null) {
      throw new RotatoError(
        'conflict',
        'ROTATO_ADMIN_PASSWORD in the environment (or .env) decides. Change it there and restart.',
      );
    }
    if (!(await this.verify(current))) throw invalidField('current', 'this is not the password');
    const chosen = chosenPassword.safeParse(next);
    if (!chosen.success) throw invalidField('next', chosen.error.issues[0]?.message ?? '');
    if (next.length < SHORTEST) throw invalidField('next', `allowed: ${SHORTEST} characters or more`);
    await this.#keep(next);
  }

  async generate(): Promise<Secret | null> {
    if (this.#inForce.file.adminPassword !== null || this.#hash !== null) return null;
    const password = generatePassword();
    await this.#keep(password);
    return new Secret(password);
  }

  get #hash(): string | null {
    const hash = this.#inForce.stored.values.get(ADMIN_PASSWORD_VALUE);
    return typeof hash === 'string' ? hash : null;
  }

  /** Whoever signed in with the old one has to sign in anew. */
  async #keep(password: string): Promise<void> {
    const hash = await hashPassword(password);
    await this.#inForce.change(({ stored }) => ({
      change: {
        put: { values: new Map([[ADMIN_PASSWORD_VALUE, hash]]) },
        remove: { sessions: [...stored.sessions.keys()] },
      },
      result: undefined,
    }));
  }
}

/** The environment's own, or the hash of the stored one: another text for every other password. Empty for none. */
export function passwordInForce({ file, stored }: Pick<SettingsInForce, 'file' | 'stored'>): string {
  return file.adminPassword?.reveal() ?? String(stored.values.get(ADMIN_PASSWORD_VALUE) ?? '');
}

const SHORTEST = 8;

/** In the same time, right or wrong, whatever the lengths. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text.normalize('NFC')).digest();
  return timingSafeEqual(digest(one), digest(other));
}

import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import type { Secret } from '../model/secret.ts';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** First byte of everything sealed, so that another format can come later. */
const FORMAT = 1;
const HEAD_BYTES = 1 + NONCE_BYTES + TAG_BYTES;

/** What the check value holds: it proves a key before anything is read or written with it. */
const CHECK_TEXT = 'rotato';
const CHECK_PLACE = 'check';

/**
 * Encrypts what must not be read from a copy of the database. Bound into each seal is the place it belongs to, so
 * that one row's secret cannot be passed off as another's.
 */
export class Seal {
  readonly #key: KeyObject;

  /** 32 bytes, base64. */
  constructor(masterKey: Secret) {
    this.#key = createSecretKey(masterKey.reveal(), 'base64');
  }

  /** Format, nonce, tag, then as many bytes as the text has. */
  seal(text: string, place: string): Uint8Array {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.#key, nonce).setAAD(Buffer.from(place));
    const sealed = [cipher.update(text, 'utf8'), cipher.final()];
    // Not a Buffer: one from Node's pool would take its neighbours along to the database's thread.
    return Uint8Array.from(Buffer.concat([Buffer.of(FORMAT), nonce, cipher.getAuthTag(), ...sealed]));
  }

  /** Null when this was not sealed with this key for this place. */
  unseal(sealed: Uint8Array, place: string): string | null {
    if (sealed.length < HEAD_BYTES || sealed[0] !== FORMAT) return null;
    const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
    const tag = sealed.subarray(1 + NONCE_BYTES, HEAD_BYTES);
    const decipher = createDecipheriv(ALGORITHM, this.#key, nonce, { authTagLength: TAG_BYTES })
      .setAAD(Buffer.from(place))
      .setAuthTag(tag);
    try {
      return Buffer.concat([decipher.update(sealed.subarray(HEAD_BYTES)), decipher.final()]).toString('utf8');
    } catch {
      return null;
    }
  }

  makeCheck(): Uint8Array {
    return this.seal(CHECK_TEXT, CHECK_PLACE);
  }

  opensCheck(check: Uint8Array): boolean {
    return this.unseal(check, CHECK_PLACE) === CHECK_TEXT;
  }
}

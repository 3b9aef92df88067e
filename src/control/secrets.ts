import { createHash, randomBytes } from 'node:crypto';
import { Secret } from '../model/secret.ts';

const SECRET_BYTES = 32;

/** `rotato_client_…`: 256 random bits behind a word that says what it is, wherever it turns up. */
export function newSecret(kind: 'client' | 'admin' | 'panel'): Secret {
  return new Secret(`rotato_${kind}_${randomBytes(SECRET_BYTES).toString('base64url')}`);
}

/** SHA-256, hex: enough for what has 256 random bits, and what a secret is looked up by. */
export function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

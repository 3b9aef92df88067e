import { randomBytes, randomInt, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { RotatoError } from '../errors.ts';

/**
 * The admin password as it lies on the disk, in the PHC form `$scrypt$ln=15,r=8,p=3$salt$hash`. Cost as OWASP's
 * password storage cheat sheet advises for scrypt: 32 MB and some 0.2 s for each guess, on a thread of libuv's pool.
 */
const COST_EXPONENT = 15;
const BLOCK_SIZE = 8;
const PARALLELISM = 3;
const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** A stored hash may ask for more than today's cost, but not for all of the machine's memory. */
const HIGHEST_COST_EXPONENT = 18;
const HIGHEST_FACTOR = 16;

const PHC = /^\$scrypt\$ln=(?<ln>\d{1,2}),r=(?<r>\d{1,2}),p=(?<p>\d{1,2})\$(?<salt>[\w+/]{6,86})\$(?<hash>[\w+/]{43})$/;

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, salt, { ln: COST_EXPONENT, r: BLOCK_SIZE, p: PARALLELISM });
  return `$scrypt$ln=${COST_EXPONENT},r=${BLOCK_SIZE},p=${PARALLELISM}$${unpadded(salt)}$${unpadded(hash)}`;
}

/** In the same time, right or wrong. Throws `bad-configuration` when `stored` is no hash. */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const { ln, r, p, salt, hash } = PHC.exec(stored)?.groups ?? {};
  const cost = { ln: Number(ln), r: Number(r), p: Number(p) };
  const tooMuch = cost.ln > HIGHEST_COST_EXPONENT || cost.r > HIGHEST_FACTOR || cost.p > HIGHEST_FACTOR;
  if (salt === undefined || hash === undefined || tooMuch) {
    throw new RotatoError(
      'bad-configuration',
      'The stored admin password is damaged. Set a new one with "rotato password".',
    );
  }
  return timingSafeEqual(await derive(password, Buffer.from(salt, 'base64'), cost), Buffer.from(hash, 'base64'));
}

/** Letters and digits that cannot be taken for one another, when read aloud or copied by hand. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';
const GROUPS = 4;
const GROUP_LENGTH = 5;

/** Such as `k3mxp-9vtqd-h7wfa-c2rjn`: 99 random bits. */
export function generatePassword(): string {
  const letter = () => ALPHABET[randomInt(ALPHABET.length)];
  const group = () => Array.from({ length: GROUP_LENGTH }, letter).join('');
  return Array.from({ length: GROUPS }, group).join('-');
}

function derive(password: string, salt: Buffer, { ln, r, p }: { ln: number; r: number; p: number }): Promise<Buffer> {
  const options: ScryptOptions = { N: 2 ** ln, r, p, maxmem: 256 * 2 ** ln * r };
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  // One keyboard composes what another types as one character: both mean the same password.
  scrypt(password.normalize('NFC'), salt, HASH_BYTES, options, (error, hash) => {
    if (error === null) resolve(hash);
    else reject(error);
  });
  return promise;
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}

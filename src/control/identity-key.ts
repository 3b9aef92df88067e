import { hash, randomBytes } from 'node:crypto';
import { chmodSync, linkSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RotatoError } from '../errors.ts';
import { keepFolderPrivate } from '../store/private-files.ts';

const FILE_NAME = 'identity.key';
const KEY_BYTES = 32;

/**
 * The installation's own random key, under which upstream keys are named (`keyId`): whoever sees an id can neither
 * guess the key behind it nor recognise that key at another installation. Made at the first start; readable by the
 * owner alone, like the folder it lies in.
 */
export function openIdentityKey(dataDir: string): Buffer {
  try {
    keepFolderPrivate(dataDir);
    return readIdentityKey(dataDir) ?? createIdentityKey(dataDir);
  } catch (error) {
    if (error instanceof RotatoError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new RotatoError(
      'bad-configuration',
      `The data directory ${dataDir} cannot be used (${code ?? 'unknown error'}). Give rotato a folder it may write to with --data or ROTATO_DATA.`,
      { cause: error },
    );
  }
}

/** A name for an upstream key that outlives edits and restarts and tells nothing about it. */
export function keyId(identityKey: Buffer, provider: string, secret: string): string {
  return hmacSha256(identityKey, Buffer.from(`${provider}\0${secret}`)).slice(0, 20);
}

const HASH_BLOCK_BYTES = 64;

/** As in RFC 2104, in hex. Node's own sets a key up anew for each text, which costs ten times the hashing. */
function hmacSha256(key: Buffer, text: Buffer): string {
  const pads = padsOf.get(key) ?? { inner: padded(key, 0x36), outer: padded(key, 0x5c) };
  padsOf.set(key, pads);
  const inner = hash('sha256', Buffer.concat([pads.inner, text]), 'buffer');
  return hash('sha256', Buffer.concat([pads.outer, inner]), 'hex');
}

const padsOf = new WeakMap<Buffer, { readonly inner: Uint8Array; readonly outer: Uint8Array }>();

function padded(key: Buffer, byte: number): Uint8Array {
  return Buffer.alloc(HASH_BLOCK_BYTES, byte).map((pad, at) => pad ^ (key[at] ?? 0));
}

function readIdentityKey(folder: string): Buffer | null {
  const path = join(folder, FILE_NAME);
  try {
    const key = readFileSync(path);
    if (key.length !== KEY_BYTES) {
      throw new RotatoError(
        'bad-configuration',
        `${path} is damaged: it holds ${key.length} bytes instead of ${KEY_BYTES}. Restore it from a backup, or remove it and lose what was learned about each key.`,
      );
    }
    if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
    return key;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Written beside and linked into place, so that the file is never seen half-written and the first of two starts wins. */
function createIdentityKey(folder: string): Buffer {
  const key = randomBytes(KEY_BYTES);
  const draft = join(folder, `${FILE_NAME}.${process.pid}`);
  writeFileSync(draft, key, { mode: 0o600, flush: true });
  try {
    linkSync(draft, join(folder, FILE_NAME));
    return key;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return readIdentityKey(folder) ?? key;
  } finally {
    rmSync(draft, { force: true });
  }
}

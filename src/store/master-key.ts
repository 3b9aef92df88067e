import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { RotatoError } from '../errors.ts';
import { Secret } from '../model/secret.ts';
import { keepFilePrivate, moveInPlace, replacePrivateFile } from './private-files.ts';

/** Where the master key may come from; at most one of the two is set, else it lies in the data directory. */
export interface MasterKeyPlace {
  /** Absolute. */
  readonly dataDir: string;
  /** 32 bytes, base64. */
  readonly masterKey: Secret | null;
  /** Absolute. */
  readonly masterKeyFile: string | null;
}

export interface FoundMasterKey {
  readonly key: Secret;
  /** For people: a variable's name, or a path. */
  readonly from: string;
}

const KEY_BYTES = 32;

/** Null when it is nowhere. Throws `bad-configuration` for a file that cannot be read or holds something else. */
export function findMasterKey({ dataDir, masterKey, masterKeyFile }: MasterKeyPlace): FoundMasterKey | null {
  if (masterKey !== null) return { key: masterKey, from: 'ROTATO_MASTER_KEY' };
  if (masterKeyFile !== null) return { key: readMasterKey(masterKeyFile), from: masterKeyFile };
  const path = ownPath(dataDir);
  if (!existsSync(path)) return null;
  keepFilePrivate(path);
  return { key: readMasterKey(path), from: path };
}

/** Whether the key lies in the data directory, where rotato made it and may replace it. */
export function ownsMasterKey({ masterKey, masterKeyFile }: MasterKeyPlace): boolean {
  return masterKey === null && masterKeyFile === null;
}

export function newMasterKey(): Secret {
  return new Secret(randomBytes(KEY_BYTES).toString('base64'));
}

/** A new key in the data directory; on disk before anything is sealed with it. */
export function createMasterKey(dataDir: string): FoundMasterKey {
  const key = newMasterKey();
  replacePrivateFile(ownPath(dataDir), `${key.reveal()}\n`);
  return { key, from: ownPath(dataDir) };
}

/** Base64 text of 32 bytes, blanks around it allowed. */
export function readMasterKey(path: string): Secret {
  const text = readText(path).trim();
  if (!/^[\w+/-]{43}=?$/.test(text)) {
    throw new RotatoError(
      'bad-configuration',
      `${path} does not hold a master key (32 bytes in base64, as "openssl rand -base64 32" prints them). Restore it from a backup.`,
    );
  }
  return new Secret(text);
}

/**
 * Changing the key means changing two files, and a crash may come between. So the next key is laid beside the old one
 * first; whichever of the two the database then turns out to be sealed with is the one in force.
 */
export function prepareNextKey(dataDir: string, key: Secret): void {
  replacePrivateFile(nextPath(dataDir), `${key.reveal()}\n`);
}

/** The key a broken-off change left behind; null when there was none. */
export function findNextKey(dataDir: string): FoundMasterKey | null {
  const path = nextPath(dataDir);
  return existsSync(path) ? { key: readMasterKey(path), from: path } : null;
}

export function adoptNextKey(dataDir: string): void {
  moveInPlace(nextPath(dataDir), ownPath(dataDir));
}

export function dropNextKey(dataDir: string): void {
  rmSync(nextPath(dataDir), { force: true });
}

/** The key now lies elsewhere, and the old one opens nothing any more. */
export function removeOwnKey(dataDir: string): void {
  rmSync(ownPath(dataDir), { force: true });
}

function ownPath(dataDir: string): string {
  return join(dataDir, 'master.key');
}

function nextPath(dataDir: string): string {
  return join(dataDir, 'master.key.next');
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new RotatoError('bad-configuration', `The master key in ${path} cannot be read (${code}).`, { cause: error });
  }
}

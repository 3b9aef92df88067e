import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type DataPlace, readDataPlace } from '../config/data-place.ts';
import { RotatoError } from '../errors.ts';
import { DataDirLock } from '../store/data-dir-lock.ts';
import { newMasterKey, ownsMasterKey, readMasterKey } from '../store/master-key.ts';
import { rekey as sealAnew } from '../store/rekey.ts';
import { SETTINGS_FILE } from '../store/sqlite-settings-store.ts';
import type { ExitCode, Terminal } from './terminal.ts';

export interface RekeyOptions {
  readonly flags: { readonly data?: string; readonly newKeyFile?: string };
  readonly terminal: Terminal;
}

const STOP_IT = 'Stop it, run this again, and start it with the new key.';

/** Seals what is stored under another master key, in the data directory of a rotato that is not running. */
export async function rekey({ flags, terminal }: RekeyOptions): Promise<ExitCode> {
  const { stdout, env, cwd } = terminal;
  const place = readDataPlace({ flags, env, cwd });
  refuseIfEmpty(place);
  const newKeyFile = flags.newKeyFile === undefined ? null : resolve(cwd, flags.newKeyFile);
  const newKey = newKeyFile === null ? newMasterKey() : readMasterKey(newKeyFile);
  const keepInDataDir = newKeyFile === null && ownsMasterKey(place);
  // Who keeps the key must have the new one before the old one stops working.
  const beforeCommit = () => {
    if (newKeyFile === null && !keepInDataDir) stdout.write(`The new master key is ${newKey.reveal()}\n`);
  };
  const lock = DataDirLock.take(place.dataDir, { remedy: STOP_IT });
  try {
    const sealed = await sealAnew({ place, newKey, keepInDataDir, beforeCommit });
    stdout.write(`${countKeys(sealed)} sealed with the new master key. ${whatNext(place, newKeyFile)}\n`);
    stdout.write('Backups made before open with the old key alone.\n');
    return 0;
  } finally {
    lock.release();
  }
}

/** A wrong folder is more likely than one in which nothing was ever stored. */
function refuseIfEmpty({ dataDir }: DataPlace): void {
  if (existsSync(join(dataDir, SETTINGS_FILE))) return;
  throw new RotatoError(
    'bad-configuration',
    `Nothing is stored in ${dataDir} yet. If that is not the data directory you mean, name it with --data.`,
  );
}

function countKeys(sealed: number): string {
  return sealed === 1 ? 'One stored key is now' : `${sealed} stored keys are now`;
}

function whatNext(place: DataPlace, newKeyFile: string | null): string {
  if (newKeyFile !== null) return `Set ROTATO_MASTER_KEY_FILE=${newKeyFile} for the next start.`;
  if (place.masterKey !== null) return 'Set it as ROTATO_MASTER_KEY for the next start.';
  if (place.masterKeyFile !== null) return `Write it into ${place.masterKeyFile} before the next start.`;
  return `It is in ${join(place.dataDir, 'master.key')}, where the next start finds it.`;
}

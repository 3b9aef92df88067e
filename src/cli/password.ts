import { type DataPlace, readDataPlace } from '../config/data-place.ts';
import { chosenPassword } from '../config/schema.ts';
import { RotatoError } from '../errors.ts';
import { DataDirLock } from '../store/data-dir-lock.ts';
import { generatePassword } from '../store/password-hash.ts';
import { replaceAdminPassword } from '../store/replace-admin-password.ts';
import { SecretInput } from './secret-input.ts';
import { CommandFailure, type ExitCode, type Terminal } from './terminal.ts';

export interface PasswordOptions {
  readonly flags: { readonly data?: string };
  /** Without asking. */
  readonly generate: boolean;
  readonly terminal: Terminal;
}

const CHANGE_IT_THERE = 'Change the password in its panel, under Settings; or stop it, and run this again.';

/** Sets the admin password in the data directory of a rotato that is not running. */
export async function password({ flags, generate, terminal }: PasswordOptions): Promise<ExitCode> {
  const { stdout, env, cwd } = terminal;
  const place = readDataPlace({ flags, env, cwd });
  refuseIfDecided(place);
  const lock = DataDirLock.take(place.dataDir, { remedy: CHANGE_IT_THERE });
  try {
    const chosen = generate ? null : await askForPassword(terminal);
    const next = chosen ?? generatePassword();
    const ended = await replaceAdminPassword(place.dataDir, next);
    if (chosen === null) stdout.write(`The new admin password is ${next}\n`);
    stdout.write(
      `It is in force at the next start with the data directory ${place.dataDir}. ${countSessions(ended)}\n`,
    );
    return 0;
  } finally {
    lock.release();
  }
}

function refuseIfDecided({ adminPasswordSource }: DataPlace): void {
  if (adminPasswordSource === null) return;
  throw new RotatoError(
    'bad-configuration',
    `The admin password is that of ${adminPasswordSource}, which wins over any other. Change it there, or take it out first.`,
  );
}

/** Null when the operator leaves the choice to us. */
async function askForPassword({ stdin, stderr }: Terminal): Promise<string | null> {
  const input = new SecretInput(stdin, stderr);
  try {
    const first = await input.ask('New admin password (leave it empty to have one generated): ');
    if (input.isInteractive && first === null) throw new CommandFailure('Nothing was changed.');
    if (first === null || first === '') return null;
    const checked = chosenPassword.safeParse(first);
    if (!checked.success) {
      throw new RotatoError('bad-configuration', `This password will not do; ${checked.error.issues[0]?.message}.`);
    }
    if (input.isInteractive && (await input.ask('The same again: ')) !== first) {
      throw new CommandFailure('The two are not the same. Nothing was changed.');
    }
    return first;
  } finally {
    input.close();
  }
}

function countSessions(ended: number): string {
  if (ended === 0) return 'Nobody was signed in.';
  return ended === 1 ? 'One session was ended.' : `${ended} sessions were ended.`;
}

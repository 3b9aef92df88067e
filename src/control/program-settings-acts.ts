import { exposureProblems } from '../config/access.ts';
import type { Config } from '../config/config.ts';
import { fileSchema } from '../config/schema.ts';
import { RotatoError } from '../errors.ts';
import { checkVersion } from './find-entries.ts';
import { asInputObject, fieldsOf, type InputObject, invalidField, invalidInput, parseInput } from './input-problems.ts';
import { mergePatch } from './merge-patch.ts';
import type { SettingsActs } from './operator.ts';
import {
  isDecided,
  mergeProgramSettings,
  PROGRAM_SETTINGS,
  PROGRAM_SETTINGS_VALUE,
  readWritten,
} from './program-settings.ts';
import type { SettingsInForce } from './settings-in-force.ts';
import type { SettingsView, SettingView } from './views.ts';

export interface ProgramSettingsParts {
  readonly inForce: SettingsInForce;
  /** Of the program. */
  readonly version: string;
}

/** The settings of the whole program: shown with where each comes from, changed where nothing above decides. */
export class ProgramSettingsActs implements SettingsActs {
  readonly #parts: ProgramSettingsParts;

  constructor(parts: ProgramSettingsParts) {
    this.#parts = parts;
  }

  get(): SettingsView {
    const { inForce, version } = this.#parts;
    const { config, access } = inForce.settings;
    const shown = { ...config, access };
    const { kind } = config.sources.get('adminPassword') ?? { kind: 'default' };
    const fromEnvironment = config.adminPassword !== null;
    return {
      settings: [...PROGRAM_SETTINGS].map(([name, { atRuntime, show }]): SettingView => {
        const source = config.sources.get(name) ?? { kind: 'default', detail: '' };
        const decided = isDecided(inForce.file, name);
        return { name, value: show(shown), source, editable: atRuntime && !decided };
      }),
      access,
      adminPassword: {
        source: fromEnvironment ? 'environment' : 'store',
        note: fromEnvironment
          ? `ROTATO_ADMIN_PASSWORD (${kind === 'dotenv' ? 'in .env' : 'in the environment'}) decides. Change it there.`
          : 'Change it here, or with "rotato password".',
      },
      dataDir: config.dataDir,
      configFile: config.configFile,
      version,
      warnings: config.warnings,
      storedVersion: readWritten(inForce.stored.values).version,
    };
  }

  async change(patch: unknown, version?: number): Promise<SettingsView> {
    const { inForce } = this.#parts;
    await inForce.change(({ stored }) => {
      const before = readWritten(stored.values);
      checkVersion(before.version, version);
      checkMayBeChanged(asInputObject(patch), inForce.file);
      const written = mergePatch(before.written, patch);
      parseInput(fileSchema, written);
      const values = new Map([[PROGRAM_SETTINGS_VALUE, { version: before.version + 1, written }]]);
      checkExposure(mergeProgramSettings(inForce.file, values));
      return { change: { put: { values } }, result: undefined };
    });
    return this.get();
  }
}

/** Throws for what is no setting, or needs a restart, or is decided elsewhere. */
export function checkMayBeChanged(patch: InputObject, file: Config): void {
  const names = leavesOf(patch);
  const wrong = names.flatMap((path) => {
    const setting = PROGRAM_SETTINGS.get(path);
    if (setting?.atRuntime) return [];
    const known = [...PROGRAM_SETTINGS].flatMap(([name, { atRuntime }]) => (atRuntime ? [name] : []));
    const message =
      setting === undefined
        ? `unknown setting; allowed: ${known.join(', ')}`
        : 'this needs a restart: set it in the configuration file, by a flag, or in the environment';
    return [{ path, message }];
  });
  if (wrong.length > 0) throw invalidInput(wrong);
  const decided = names.find((name) => isDecided(file, name));
  if (decided === undefined) return;
  const { kind, detail } = file.sources.get(decided) ?? { kind: 'file', detail: '' };
  const where = kind === 'file' ? `the configuration file (${detail})` : detail;
  throw new RotatoError('managed-by-file', `${decided} is set by ${where}: change it there.`);
}

/** Dotted names; some hold further ones. */
function leavesOf(patch: InputObject): string[] {
  return Object.entries(patch).flatMap(([name, value]) => {
    if (!GROUPS.has(name)) return [name];
    if (value === null)
      return [...PROGRAM_SETTINGS.keys()].filter((one) => one.startsWith(`${name}.`) && canChange(one));
    if (typeof value !== 'object' || Array.isArray(value)) throw invalidField(name, 'allowed: a group of settings');
    return Object.keys(value as object).map((member) => `${name}.${member}`);
  });
}

/** `listen`, `limits` and their like. */
const GROUPS = new Set(
  [...PROGRAM_SETTINGS.keys()].flatMap((name) => (name.includes('.') ? [name.split('.')[0]] : [])),
);

function canChange(name: string): boolean {
  return PROGRAM_SETTINGS.get(name)?.atRuntime === true;
}

/** Throws for settings that would let everybody who reaches this server spend the keys. */
export function checkExposure(config: Config): void {
  const problems = exposureProblems(config, true);
  if (problems.length > 0) throw invalidInput(fieldsOf(problems));
}

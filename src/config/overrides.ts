import type { z } from 'zod';
import { LOG_LEVELS, type LogLevel } from '../log.ts';
import type { Secret } from '../model/secret.ts';
import type { Flags, Source } from './config.ts';
import type { Environment } from './environment.ts';
import { describeFound, type Problem } from './problem.ts';
import { chosenPassword, listenHost, listenPort, masterKey } from './schema.ts';
import { oneOf, text } from './setting-types.ts';

/** In the folder rotato is started from. */
export const DEFAULT_DATA_DIR = '.rotato';

const pathOf = (what: string) => text(/^[^\0]*\S[^\0]*$/, `the path of a ${what}`);

/** What flags and variables say about the program itself. */
export class Overrides {
  readonly problems: Problem[] = [];
  readonly sources = new Map<string, Source>();
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly dataDir: string | undefined;
  readonly logLevel: LogLevel | undefined;
  readonly adminPassword: Secret | undefined;
  readonly masterKey: Secret | undefined;
  readonly masterKeyFile: string | undefined;
  readonly #environment: Environment;

  constructor(flags: Flags, environment: Environment) {
    this.#environment = environment;
    this.host = this.#read(listenHost, 'listen.host', ['ROTATO_HOST'], { name: '--host', value: flags.host });
    this.port = this.#read(listenPort, 'listen.port', ['ROTATO_PORT', 'PORT'], { name: '--port', value: flags.port });
    this.dataDir = this.#read(pathOf('folder'), 'dataDir', ['ROTATO_DATA'], { name: '--data', value: flags.data });
    this.logLevel = this.#read(oneOf(LOG_LEVELS), 'logLevel', ['ROTATO_LOG_LEVEL']);
    this.adminPassword = this.#read(chosenPassword, 'adminPassword', ['ROTATO_ADMIN_PASSWORD', 'ADMIN_PASSWORD']);
    this.masterKey = this.#read(masterKey, 'masterKey', ['ROTATO_MASTER_KEY']);
    this.masterKeyFile = this.#read(pathOf('file'), 'masterKeyFile', ['ROTATO_MASTER_KEY_FILE']);
    if (this.masterKey !== undefined && this.masterKeyFile !== undefined) {
      this.problems.push({
        where: environment.locate('ROTATO_MASTER_KEY_FILE'),
        setting: 'ROTATO_MASTER_KEY_FILE',
        found: 'set together with ROTATO_MASTER_KEY',
        allowed: 'allowed: one of the two',
      });
    }
    // Whoever read the file has dealt with its path; here it is only noted where the path came from.
    this.#read(text(/^/, 'the path of a file'), 'configFile', ['ROTATO_CONFIG'], {
      name: '--config',
      value: flags.config,
    });
  }

  #read<T>(
    schema: z.ZodType<T>,
    setting: string,
    variables: readonly string[],
    flag?: { readonly name: string; readonly value: string | undefined },
  ): T | undefined {
    if (flag?.value !== undefined) {
      this.sources.set(setting, { kind: 'flag', detail: flag.name });
      return this.#check(schema, flag.value, { where: 'command line', setting: flag.name, path: setting });
    }
    const variable = this.#environment.firstSet(variables);
    const value = variable === undefined ? undefined : this.#environment.get(variable);
    // A blank variable is one that was left out, except for a secret, which somebody meant to set.
    const isSecret = schema === (chosenPassword as unknown) || schema === (masterKey as unknown);
    const isBlank = value?.trim() === '' && !isSecret;
    if (variable === undefined || value === undefined || isBlank) return undefined;
    this.sources.set(setting, this.#environment.sourceOf(variable));
    return this.#check(schema, value, { where: this.#environment.locate(variable), setting: variable, path: setting });
  }

  #check<T>(schema: z.ZodType<T>, value: string, at: { where: string; setting: string; path: string }): T | undefined {
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    const found = describeFound(value, [at.path]);
    this.problems.push({ where: at.where, setting: at.setting, found, allowed: result.error.issues[0]?.message ?? '' });
    return undefined;
  }
}

import { RotatoError } from '../errors.ts';
import { redactShapes } from '../redactor.ts';

/** One thing that is wrong with the configuration, ready to be read by a person. Holds no secret. */
export interface Problem {
  /** `rotato.yaml:7`, `.env:3`, `environment`, `command line`. */
  readonly where: string;
  /** `providers.openai.keys[0].weight`, `ROTATO_PORT`, `--port`; empty for the whole file. */
  readonly setting: string;
  /** A clause: `found "often"`, `unknown setting`, `missing`. */
  readonly found: string;
  /** What would have been right, as a clause. */
  readonly allowed: string;
}

export type Path = readonly (string | number)[];

/** `providers.openai.keys[0].key`; names that are not plain words are quoted. */
export function formatPath(path: Path): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (!/^[\w-]{1,64}$/.test(part)) text += `[${quote(part)}]`;
    else text += text === '' ? part : `.${part}`;
  }
  return text;
}

/** All problems in one error, so that one start is enough to mend them all. */
export function configurationError(problems: readonly Problem[]): RotatoError {
  const inOrder = problems.toSorted((a, b) => compareLines(a, b));
  const shown = inOrder.slice(0, MOST_SHOWN).map((problem) => `  ${describeProblem(problem)}`);
  const more = problems.length - shown.length;
  if (more > 0) shown.push(`  … and ${more} more`);
  const heading =
    problems.length === 1 ? 'The configuration has a problem:' : `The configuration has ${problems.length} problems:`;
  return new RotatoError('bad-configuration', [heading, ...shown].join('\n'));
}

const MOST_SHOWN = 50;

function compareLines(a: Problem, b: Problem): number {
  const [first, second] = [lineOf(a), lineOf(b)];
  return first === second ? 0 : first - second;
}

/** What has no line comes last. */
function lineOf({ where }: Problem): number {
  return Number(/:(\d+)$/.exec(where)?.[1] ?? Number.POSITIVE_INFINITY);
}

function describeProblem({ where, setting, found, allowed }: Problem): string {
  const place = setting === '' ? where : `${where}: ${setting}`;
  return redactShapes(`${place}: ${found}; ${allowed}`);
}

/** Settings whose text is never shown, right or wrong. A plain string among `keys` is a key in the wrong shape. */
const SECRET_NAMES = new Set(['key', 'keys', 'token', 'adminPassword', 'masterKey']);

/** The clause that says what stood there, without giving a secret away. */
export function describeFound(value: unknown, path: Path): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'found nothing';
  if (Array.isArray(value)) return 'found a list';
  if (typeof value === 'object') return 'found a group of settings';
  const name = path.findLast((part) => typeof part === 'string');
  if (typeof value === 'string' && value === '') return 'found an empty text';
  if (name !== undefined && SECRET_NAMES.has(name)) {
    return typeof value === 'string'
      ? `found a text of ${value.length} characters (not shown)`
      : `found a ${typeof value} (not shown)`;
  }
  return typeof value === 'string' ? `found ${quote(withoutUserInfo(value))}` : `found ${String(value)}`;
}

/** Quoted, control characters escaped, cut at 60 characters. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 59)}…` : text);
}

function withoutUserInfo(text: string): string {
  return text.replace(/\/\/[^/@\s]*@/g, '//[secret]@');
}

import { z } from 'zod';
import { nearestName } from './nearest-name.ts';
import type { Path } from './problem.ts';
import { formatDuration, formatSize, parseDuration, parseSize } from './quantities.ts';

/** The part of JSON Schema that a single setting needs. */
interface ValueSchema {
  readonly type?: string | readonly string[];
  readonly pattern?: string;
  readonly enum?: readonly (string | boolean)[];
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly items?: ValueSchema;
  readonly anyOf?: readonly ValueSchema[];
}

type Reading<T> = { readonly value: T } | { readonly wrong: string };

/**
 * One setting: how it is read, and how an editor is told about it. The issue's message is the clause that says what
 * is allowed; where and what was found are added in one place, schema-problems.ts.
 */
export function setting<T>(schema: ValueSchema, read: (value: unknown) => Reading<T>) {
  return z
    .unknown()
    .transform((value, context): T => {
      const reading = read(value);
      if ('value' in reading) return reading.value;
      context.addIssue({ code: 'custom', message: reading.wrong });
      return z.NEVER;
    })
    .meta({ ...schema });
}

/** A group of named settings; any other name in it is an error, whose message lists the names there are. */
export function section<Shape extends z.ZodRawShape>(shape: Shape) {
  const names = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? names : `allowed: a group of settings (${names})`),
  });
}

/** `allowed` completes the clause: "a list of origins". */
export function list<Item extends z.ZodType>(item: Item, allowed: string) {
  return z.array(item, { error: () => `allowed: ${allowed}` });
}

/** Entries under names the operator chooses; whether a name will do is for cross-checks.ts to say. */
export function named<Entry extends z.ZodType>(entry: Entry, allowed: string) {
  return z.record(z.string(), entry, { error: () => `allowed: ${allowed}` });
}

export function oneOf<const Name extends string>(names: readonly Name[]) {
  return setting<Name>({ type: 'string', enum: names }, (value) => {
    const name = names.find((candidate) => candidate === value);
    if (name !== undefined) return { value: name };
    return { wrong: `allowed: ${names.join(', ')}${suggestion(value, names)}` };
  });
}

/** Ends a clause that listed `names`; empty when what was written resembles none of them. */
export function suggestion(written: unknown, names: Iterable<string>): string {
  const nearest = typeof written === 'string' ? nearestName(written, names) : null;
  return nearest === null ? '' : `. Did you mean "${nearest}"?`;
}

/** A text in which `pattern` is found; `allowed` completes the clause. */
export function text(pattern: RegExp, allowed: string) {
  return setting<string>({ type: 'string', pattern: pattern.source }, (value) =>
    typeof value === 'string' && pattern.test(value) ? { value } : { wrong: `allowed: ${allowed}` },
  );
}

/** A number written as text is taken too, for that is what `${NAME}` gives. */
export function integer(minimum: number, maximum = 1e12) {
  const allowed = `allowed: a whole number from ${minimum} to ${maximum}`;
  return setting<number>({ type: ['integer', 'string'], minimum, maximum }, (value) => {
    const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
    const fits = typeof number === 'number' && Number.isInteger(number) && number >= minimum && number <= maximum;
    return fits ? { value: number } : { wrong: allowed };
  });
}

export function positiveNumber(maximum: number) {
  return setting<number>({ type: ['number', 'string'], exclusiveMinimum: 0, maximum }, (value) => {
    const number = typeof value === 'string' && /^\d{1,9}(\.\d{1,9})?$/.test(value) ? Number(value) : value;
    const fits = typeof number === 'number' && number > 0 && number <= maximum;
    return fits ? { value: number } : { wrong: `allowed: a number above 0, up to ${maximum}` };
  });
}

/** Of money. */
export function price() {
  return setting<number>({ type: ['number', 'string'], minimum: 0, maximum: 1e6 }, (value) => {
    const number = typeof value === 'string' && /^\d{1,7}(\.\d{1,9})?$/.test(value) ? Number(value) : value;
    const fits = typeof number === 'number' && number >= 0 && number <= 1e6;
    return fits
      ? { value: number }
      : { wrong: 'allowed: a number from 0 to 1000000, in US dollars per million tokens' };
  });
}

/** `true` and `false`, `on` and `off`. */
export function flag() {
  return setting<boolean>({ enum: [true, false, 'true', 'false', 'on', 'off'] }, (value) => {
    if (value === true || value === 'true' || value === 'on') return { value: true };
    if (value === false || value === 'false' || value === 'off') return { value: false };
    return { wrong: 'allowed: true or false (on or off)' };
  });
}

/** In milliseconds. Nothing in the program waits longer than a day. */
export function duration(minimumMs: number, maximumMs = 86_400_000) {
  const allowed = `allowed: a duration from ${formatDuration(minimumMs)} to ${formatDuration(maximumMs)}, such as 250ms, 5s, 2m or 1h`;
  return setting<number>(
    { type: ['string', 'integer'], pattern: '^(0|\\d+(\\.\\d+)?(ms|s|m|h)|\\$\\{.*\\})$' },
    (value) => {
      const durationMs = value === 0 ? 0 : typeof value === 'string' ? parseDuration(value) : null;
      const fits = durationMs !== null && durationMs >= minimumMs && durationMs <= maximumMs;
      return fits ? { value: durationMs } : { wrong: allowed };
    },
  );
}

/** In bytes. */
export function size(minimumBytes: number, maximumBytes: number) {
  const allowed = `allowed: a size from ${formatSize(minimumBytes)} to ${formatSize(maximumBytes)}, such as 64KB or 100MB`;
  return setting<number>({ type: 'string', pattern: '^(\\d+(\\.\\d+)?(B|KB|MB|GB)|\\$\\{.*\\})$' }, (value) => {
    const bytes = typeof value === 'string' ? parseSize(value) : null;
    const fits = bytes !== null && bytes >= minimumBytes && bytes <= maximumBytes;
    return fits ? { value: bytes } : { wrong: allowed };
  });
}

/** Follows a path into a tree of plain values; undefined where it leads nowhere. */
export function valueAt(tree: unknown, path: Path): unknown {
  let value = tree;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

import type { z } from 'zod';
import { describeFound, formatPath, type Path, type Problem, quote } from './problem.ts';
import { suggestion, valueAt } from './setting-types.ts';

/** Where values came from, so that a problem can say where and what without giving a secret away. */
export interface Origins {
  readonly tree: unknown;
  /** What was written where a value came from the environment, by formatted path. */
  readonly templates: ReadonlyMap<string, string>;
  /** Formatted paths that were complained of before. */
  readonly unresolved?: ReadonlySet<string>;
  locate(path: Path): string;
  /** What a person calls the setting; by default its dotted path. */
  nameOf?(path: Path): string;
}

/** What zod found wrong, in our own words. */
export function schemaProblems(issues: readonly z.core.$ZodIssue[], origins: Origins): Problem[] {
  return issues.flatMap((issue) => {
    const path = issue.path.filter((part) => typeof part !== 'symbol');
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((name) => unknownSetting([...path, name], issue.message, origins));
    }
    if (origins.unresolved?.has(formatPath(path))) return [];
    return [problemAt(path, foundAt(path, origins), issue.message, origins)];
  });
}

/** One problem of our own making, at a setting that stands in the tree. */
export function problemAt(path: Path, found: string, allowed: string, origins: Origins): Problem {
  return { where: origins.locate(path), setting: origins.nameOf?.(path) ?? formatPath(path), found, allowed };
}

/** `names` is the list that `section` put into the issue. */
function unknownSetting(path: Path, names: string, origins: Origins): Problem {
  const allowed = `allowed: ${names}${suggestion(path.at(-1), names.split(', '))}`;
  return problemAt(path, 'unknown setting', allowed, origins);
}

function foundAt(path: Path, { tree, templates }: Origins): string {
  const template = templates.get(formatPath(path));
  return template === undefined
    ? describeFound(valueAt(tree, path), path)
    : `found ${quote(template)} (its value is not shown)`;
}

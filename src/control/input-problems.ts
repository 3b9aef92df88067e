import type { z } from 'zod';
import { formatPath, type Path, type Problem } from '../config/problem.ts';
import { type Origins, schemaProblems } from '../config/schema-problems.ts';
import { type FieldProblem, RotatoError } from '../errors.ts';
import { redactShapes } from '../redactor.ts';

export type InputObject = Readonly<Record<string, unknown>>;

/** What an operator sent is wrong in these places. */
export function invalidInput(fields: readonly FieldProblem[]): RotatoError {
  const [first] = fields;
  const said = first === undefined ? '' : `${first.path === '' ? '' : `${first.path}: `}${first.message}`;
  const more = fields.length > 1 ? ` (and ${fields.length - 1} more)` : '';
  return new RotatoError('invalid-input', `This cannot be saved: ${said}${more}`, { fields });
}

/** `path` is dotted already. */
export function invalidField(path: string, message: string): RotatoError {
  return invalidInput([{ path, message }]);
}

/** Checks what was sent, with the rules of the configuration file, and throws what is wrong, field by field. */
export function parseInput<T>(schema: z.ZodType<T>, tree: unknown): T {
  const parsed = schema.safeParse(tree);
  if (parsed.success) return parsed.data;
  throw invalidInput(fieldsOf(schemaProblems(parsed.error.issues, originsOf(tree))));
}

/** For rules that speak of a file: `skipped` parts of each path say only where in a file this would stand. */
export function originsOf(tree: unknown, skipped = 0): Origins {
  return { tree, templates: new Map(), locate: () => '', nameOf: (path: Path) => formatPath(path.slice(skipped)) };
}

export function fieldsOf(problems: readonly Problem[]): FieldProblem[] {
  return problems.map(({ setting, found, allowed }) => ({
    path: setting,
    message: redactShapes(`${found}; ${allowed}`),
  }));
}

export function asInputObject(value: unknown): InputObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as InputObject;
  throw invalidField('', 'allowed: an object of settings by name');
}

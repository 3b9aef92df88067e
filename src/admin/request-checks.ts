import type { z } from '@hono/zod-openapi';
import { type FieldProblem, RotatoError } from '../errors.ts';
import type { AdminContext } from './caller.ts';

const CHANGING_METHODS = new Set(['POST', 'PATCH', 'PUT', 'DELETE']);
const JSON_TYPE = /^application\/json *(?:;|$)/i;

/** Forms and plain text are what other sites' pages can send without asking, so nothing but JSON changes anything. */
export function checkContentType(context: AdminContext): void {
  if (!CHANGING_METHODS.has(context.req.method)) return;
  const type = context.req.header('content-type');
  if (type === undefined ? !hasBody(context) : JSON_TYPE.test(type)) return;
  throw new RotatoError('unsupported-media-type', 'Send the body as application/json.');
}

function hasBody({ env }: AdminContext): boolean {
  const { headers } = env.incoming;
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

const ENTITY_TAG = /^(?:W\/)?"(\d{1,15})"$/;

/** Undefined where the change is unconditional. */
export function readIfMatch(context: AdminContext): number | undefined {
  const text = context.req.header('if-match')?.trim();
  if (text === undefined || text === '*') return undefined;
  const version = ENTITY_TAG.exec(text)?.[1];
  if (version === undefined) {
    throw new RotatoError('bad-request', 'If-Match takes the one ETag that came with what is being changed.');
  }
  return Number(version);
}

export function entityTag(version: number): string {
  return `"${version}"`;
}

/** The messages are zod's own or the contract's; neither repeats what was sent, which may be a key. */
export function inputError(error: z.core.$ZodError): RotatoError {
  const fields = error.issues.flatMap(fieldsOf);
  const [first] = fields;
  const where = first === undefined || first.path === '' ? '' : `${first.path}: `;
  const more = fields.length > 1 ? ` (and ${fields.length - 1} more)` : '';
  return new RotatoError('invalid-input', `${where}${first?.message ?? 'This cannot be read.'}${more}`, { fields });
}

function fieldsOf(issue: z.core.$ZodIssue): FieldProblem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: joinPath([...issue.path, key]), message: 'There is no such field.' }));
  }
  return [{ path: joinPath(issue.path), message: issue.message }];
}

/** `keys[2].label` */
function joinPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');
}

import type { FieldProblem, Problem } from '../../src/admin/contract.ts';

/** Everything that can come back instead of an answer. `message` is a sentence that says what to do. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  /** 0 where rotato could not be reached at all. */
  readonly status: number;
  readonly code: string;
  readonly fields: readonly FieldProblem[];
  readonly retryAfterMs: number | null;

  constructor(problem: Pick<Problem, 'status' | 'code' | 'detail' | 'fields' | 'retryAfterMs'>) {
    super(problem.detail);
    this.status = problem.status;
    this.code = problem.code;
    this.fields = problem.fields ?? [];
    this.retryAfterMs = problem.retryAfterMs ?? null;
  }
}

export const UNREACHABLE = 'unreachable';

export function unreachable(): ApiProblem {
  return new ApiProblem({
    status: 0,
    code: UNREACHABLE,
    detail: 'rotato cannot be reached. Nothing was changed. Check that it is still running, then try again.',
  });
}

/** Reads a reply that is not a success; what is not one of rotato's problems is told by its status alone. */
export async function readProblem(reply: Response): Promise<ApiProblem> {
  const body = await reply.json().catch(() => null);
  if (isProblem(body)) return new ApiProblem(body);
  return new ApiProblem({
    status: reply.status,
    code: 'unknown',
    detail: `rotato answered ${reply.status} without saying why. Its log will.`,
  });
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'detail' in body && typeof body.detail === 'string';
}

/** A sentence for people, whatever was thrown. */
export function sayProblem(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The first message of each field, by its path; what belongs to no field stands under the empty path. */
export function fieldErrors(error: unknown): Readonly<Record<string, string>> {
  if (!(error instanceof ApiProblem)) return {};
  const byPath: Record<string, string> = {};
  for (const { path, message } of error.fields) byPath[path] ??= message;
  return byPath;
}

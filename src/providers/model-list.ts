import type { ValidationCall } from './preset.ts';
import type { ProviderAdapter } from './provider-adapter.ts';

/** Enough for every vendor's list in one page; those that do not page ignore it. */
const PAGE = 1000;

/** The call that lists what models there are; at every vendor it costs nothing. */
export function modelListCall({ wire, validation }: Pick<ProviderAdapter, 'wire' | 'validation'>): ValidationCall {
  const path = validation?.path.split('?', 1)[0];
  // What validates a key by listing models says where this vendor has them, and what header it asks for.
  const call = path?.endsWith('/models')
    ? { path, headers: validation?.headers ?? [] }
    : { path: '/models', headers: [] };
  switch (wire) {
    case 'openai':
      return { method: 'GET', ...call };
    case 'anthropic':
      return { method: 'GET', path: `${call.path}?limit=${PAGE}`, headers: ['anthropic-version', '2023-06-01'] };
    case 'gemini':
      return { method: 'GET', path: `${call.path}?pageSize=${PAGE}`, headers: call.headers };
  }
}

/**
 * The names in an answer, as callers write them: `{ data: [{ id }] }` of OpenAI and Anthropic, `{ models: [{ name }] }`
 * of Gemini and Cohere, a bare list of Together. Null when the body is none of these.
 */
export function readModelList(body: string): string[] | null {
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    return null;
  }
  const list = Array.isArray(answer) ? answer : (member(answer, 'data') ?? member(answer, 'models'));
  if (!Array.isArray(list)) return null;
  const names = list.flatMap((entry) => {
    const name = typeof entry === 'string' ? entry : (member(entry, 'id') ?? member(entry, 'name'));
    return typeof name === 'string' ? [name.replace(/^models\//, '')] : [];
  });
  return [...new Set(names)].sort();
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

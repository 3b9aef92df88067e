import type { ProviderView } from '../../../src/admin/contract.ts';
import { openaiBaseUrl } from '../providers/snippets.ts';

export interface ChatTurn {
  readonly role: 'user' | 'assistant';
  readonly text: string;
}

export interface Chat {
  readonly provider: Pick<ProviderView, 'name' | 'settings'>;
  readonly model: string;
  /** Empty for none. */
  readonly system: string;
  readonly turns: readonly ChatTurn[];
  /** The client key of the panel. */
  readonly clientKey: string;
  readonly origin: string;
}

export interface ChatCall {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

/** Anthropic's wire cannot do without a limit. */
const MOST_OUTPUT_TOKENS = 4_096;

/** One streamed chat in the provider's own format, as its SDK would send it through rotato. */
export function writeChat(chat: Chat): ChatCall {
  switch (chat.provider.settings.wire) {
    case 'openai':
      return openaiChat(chat);
    case 'anthropic':
      return anthropicChat(chat);
    case 'gemini':
      return geminiChat(chat);
  }
}

function openaiChat({ provider, model, system, turns, clientKey, origin }: Chat): ChatCall {
  const { preset, baseUrl } = provider.settings;
  const base = openaiBaseUrl({
    origin,
    provider: provider.name,
    wire: 'openai',
    preset,
    upstream: baseUrl,
    model,
    credential: { kind: 'none' },
  });
  const first = system === '' ? [] : [{ role: 'system', content: system }];
  const messages = [...first, ...turns.map(({ role, text }) => ({ role, content: text }))];
  return {
    url: `${base}/chat/completions`,
    headers: { authorization: `Bearer ${clientKey}` },
    body: { model, messages, stream: true },
  };
}

function anthropicChat({ provider, model, system, turns, clientKey, origin }: Chat): ChatCall {
  return {
    url: `${origin}/${provider.name}/v1/messages`,
    headers: { 'x-api-key': clientKey, 'anthropic-version': '2023-06-01' },
    body: {
      model,
      max_tokens: MOST_OUTPUT_TOKENS,
      ...(system === '' ? {} : { system }),
      messages: turns.map(({ role, text }) => ({ role, content: text })),
      stream: true,
    },
  };
}

function geminiChat({ provider, model, system, turns, clientKey, origin }: Chat): ChatCall {
  const name = model.replace(/^models\//, '');
  return {
    url: `${origin}/${provider.name}/v1beta/models/${encodeURIComponent(name)}:streamGenerateContent?alt=sse`,
    headers: { 'x-goog-api-key': clientKey },
    body: {
      ...(system === '' ? {} : { systemInstruction: { parts: [{ text: system }] } }),
      contents: turns.map(({ role, text }) => ({ role: role === 'assistant' ? 'model' : 'user', parts: [{ text }] })),
    },
  };
}

/** What one event adds to the answer; null where it adds nothing. Throws what an error event says. */
export function readDelta(wire: ProviderView['settings']['wire'], data: string): string | null {
  if (data === '[DONE]') return null;
  const event: unknown = JSON.parse(data);
  const problem = textAt(event, ['error', 'message']) ?? textAt(event, ['error']);
  if (problem !== null) throw new Error(problem);
  switch (wire) {
    case 'openai':
      return textAt(event, ['choices', 0, 'delta', 'content']);
    case 'anthropic':
      return textAt(event, ['delta', 'text']);
    case 'gemini':
      return geminiText(event);
  }
}

function geminiText(event: unknown): string | null {
  const parts = valueAt(event, ['candidates', 0, 'content', 'parts']);
  if (!Array.isArray(parts)) return null;
  return parts.map((part) => textAt(part, ['text']) ?? '').join('');
}

/** What a refusal says in any of the three formats, else its text, cut short. */
export function readRefusal(body: string): string {
  try {
    const parsed: unknown = JSON.parse(body);
    const error = Array.isArray(parsed) ? parsed[0] : parsed;
    return (
      textAt(error, ['error', 'message']) ??
      textAt(error, ['message']) ??
      textAt(error, ['detail']) ??
      body.slice(0, 300)
    );
  } catch {
    return body.slice(0, 300);
  }
}

function textAt(value: unknown, path: readonly (string | number)[]): string | null {
  const found = valueAt(value, path);
  return typeof found === 'string' ? found : null;
}

function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  let at = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = (at as Record<string | number, unknown>)[step];
  }
  return at;
}

import type { HeaderList } from '../model/header-list.ts';

/** What a caller presented, wherever its SDK put it, and what the original's bracket directives said. */
export interface Presented {
  /** Every non-empty credential, in order of the places below. */
  readonly credentials: readonly string[];
  /** The list inside `[STATUS_CODES:…]`, unparsed; null when there is none. */
  readonly statusCodes: string | null;
}

/** Headers in which SDKs put keys. Together with `?key=` these are the five places; all go through one check. */
export const CREDENTIAL_HEADERS: readonly string[] = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key'];

/** Browsers cannot set headers on a WebSocket, so the realtime client sends its key as a subprotocol. */
export const WEBSOCKET_KEY_PROTOCOL = 'openai-insecure-api-key.';

const DIRECTIVE = /\[(?<name>STATUS_CODES|ACCESS_KEY):(?<value>[^\]]*)\]/g;

export function readCredentials(headers: HeaderList, target: string): Presented {
  const credentials: string[] = [];
  let statusCodes: string | null = null;
  const present = (text: string) => {
    const rest = text.includes('[')
      ? text.replace(DIRECTIVE, (_all, name: string, value: string) => {
          if (name === 'STATUS_CODES') statusCodes = value;
          else if (value !== '') credentials.push(value);
          return '';
        })
      : text;
    if (rest.trim() !== '') credentials.push(rest.trim());
  };
  headers.forEach((name, value) => {
    if (!CREDENTIAL_HEADERS.includes(name)) {
      if (name === 'sec-websocket-protocol') for (const key of keyProtocols(value)) present(key);
      return;
    }
    present(name === 'authorization' ? value.replace(/^(?:bearer|basic)\s+/i, '') : value);
  });
  for (const key of queryKeys(target)) present(key);
  return { credentials, statusCodes };
}

function keyProtocols(value: string): string[] {
  return value
    .split(',')
    .map((protocol) => protocol.trim())
    .filter((protocol) => protocol.startsWith(WEBSOCKET_KEY_PROTOCOL))
    .map((protocol) => protocol.slice(WEBSOCKET_KEY_PROTOCOL.length));
}

function queryKeys(target: string): string[] {
  const queryAt = target.indexOf('?');
  if (queryAt === -1 || !target.includes('key=', queryAt)) return [];
  return target
    .slice(queryAt + 1)
    .split('&')
    .filter((parameter) => parameter.startsWith('key='))
    .map((parameter) => decode(parameter.slice('key='.length)));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

import type { Snapshot } from '../model/snapshot.ts';
import type { Exchange } from './exchange.ts';

/** Seconds a browser may remember the answer to a preflight. */
const PREFLIGHT_MAX_AGE = '600';

/** What lets a page of a configured origin read an answer, flat; empty for everybody else. */
export function corsHeaders({ headers }: Exchange, { cors }: Snapshot): string[] {
  if (cors.size === 0) return [];
  const origin = headers.get('origin');
  if (origin === null || !cors.has(origin)) return ['vary', 'Origin'];
  return ['access-control-allow-origin', origin, 'access-control-expose-headers', '*', 'vary', 'Origin'];
}

/** A browser's question, asked without a credential, whether a page may call at all. */
export function isPreflight(exchange: Exchange, { cors }: Snapshot): boolean {
  const { request, headers } = exchange;
  return (
    request.method === 'OPTIONS' &&
    headers.get('access-control-request-method') !== null &&
    cors.has(headers.get('origin') ?? '')
  );
}

export function preflightHeaders({ headers }: Exchange): string[] {
  return [
    ...['access-control-allow-methods', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'],
    ...['access-control-allow-headers', headers.get('access-control-request-headers') ?? '*'],
    ...['access-control-max-age', PREFLIGHT_MAX_AGE],
  ];
}

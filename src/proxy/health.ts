import type { Snapshot } from '../model/snapshot.ts';
import type { Reply } from './exchange.ts';

/** Liveness and readiness, for whatever watches over the process. Tells nothing that a stranger may not know. */
export function healthReply(
  path: string,
  snapshot: Snapshot,
  draining: boolean,
): { status: number; body: string } | null {
  if (path === '/healthz') return { status: 200, body: JSON.stringify({ status: 'ok' }) };
  if (path !== '/readyz') return null;
  if (draining) return { status: 503, body: JSON.stringify({ status: 'draining' }) };
  const usable = [...snapshot.providers.values()].some(
    (provider) => provider.enabled && provider.keys.some((key) => key.enabled),
  );
  return usable
    ? { status: 200, body: JSON.stringify({ status: 'ready' }) }
    : { status: 503, body: JSON.stringify({ status: 'no provider has an enabled key yet' }) };
}

export function replyWithJson(to: Reply, status: number, body: string, headers: readonly string[]): void {
  to.writeHead(status, [
    ...headers,
    ...['content-type', 'application/json', 'content-length', String(Buffer.byteLength(body))],
    ...['x-rotato-source', 'rotato'],
  ]);
  to.end(body);
}

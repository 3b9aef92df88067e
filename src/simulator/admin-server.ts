import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { asRotatoError, RotatoError } from '../errors.ts';
import { type Counters, countersToJson } from './counters.ts';
import type { FaultRule, FaultRules } from './faults.ts';
import { isRecord } from './json-sample.ts';
import type { RequestLog } from './request-log.ts';
import type { SimulatedLimit } from './windows.ts';

export interface AdminServer {
  readonly url: string;
  close(): Promise<void>;
}

/** What the control API can see and do. */
export interface Controlled {
  readonly counters: Counters;
  readonly requests: RequestLog;
  inject(rule: FaultRule): number;
  clearFault(id: number): boolean;
  clearFaults(): void;
  setLimits(group: string, limits: readonly SimulatedLimit[]): void;
  reset(): void;
}

/**
 * The control methods over HTTP, on a port of their own so that no request through a proxy can reach them:
 * GET /_sim/counters, GET /_sim/requests, GET|POST|DELETE /_sim/faults, DELETE /_sim/faults/ID,
 * PUT /_sim/limits/GROUP, POST /_sim/reset.
 */
export async function startAdminServer(
  provider: Controlled,
  faults: FaultRules,
  { host, port }: { host: string; port: number },
): Promise<AdminServer> {
  const server = createServer((req, res) => void answer(req, res, provider, faults));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  req: IncomingMessage,
  res: ServerResponse,
  provider: Controlled,
  faults: FaultRules,
): Promise<void> {
  let status = 200;
  let body: unknown;
  try {
    body = act(`${req.method} ${req.url}`, await readJson(req), provider, faults);
  } catch (error) {
    const { message, status: failure } = asRotatoError(error);
    status = failure;
    body = { error: message };
  }
  res.writeHead(status, { 'content-type': 'application/json' });
  res.end(JSON.stringify(body));
}

function act(line: string, body: unknown, provider: Controlled, faults: FaultRules): unknown {
  const id = /^DELETE \/_sim\/faults\/(?<id>\d+)$/.exec(line)?.groups?.id;
  if (id !== undefined) return { removed: provider.clearFault(Number(id)) };
  const group = /^PUT \/_sim\/limits\/(?<group>[^/]+)$/.exec(line)?.groups?.group;
  if (group !== undefined) {
    if (!Array.isArray(body)) throw new RotatoError('bad-request', 'The body must be a list of limits.');
    provider.setLimits(decodeURIComponent(group), body as SimulatedLimit[]);
    return {};
  }
  switch (line) {
    case 'GET /_sim/counters':
      return countersToJson(provider.counters);
    case 'GET /_sim/requests':
      return provider.requests.all();
    case 'GET /_sim/faults':
      return faults.list();
    case 'POST /_sim/faults':
      if (!isRecord(body)) throw new RotatoError('bad-request', 'The body must be one fault, as a JSON object.');
      return { id: provider.inject(body as unknown as FaultRule) };
    case 'DELETE /_sim/faults':
      provider.clearFaults();
      return {};
    case 'POST /_sim/reset':
      provider.reset();
      return {};
    default:
      throw new RotatoError('not-found', `The control API does not know ${line}.`);
  }
}

async function readJson(req: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  if (chunks.length === 0) return null;
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (cause) {
    throw new RotatoError('bad-request', 'The body is not JSON.', { cause });
  }
}

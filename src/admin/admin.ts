import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { Clock } from '../clock.ts';
import type { Operator } from '../control/operator.ts';
import { RotatoError } from '../errors.ts';
import type { Log } from '../log.ts';
import { HeaderList } from '../model/header-list.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { checkOrigin } from '../proxy/authenticate.ts';
import { checkTarget, splitTarget } from '../proxy/route-request.ts';
import { API_PATH, createApi } from './api.ts';
import { LiveEvents } from './live-events.ts';
import { LoginThrottle } from './login-throttle.ts';
import { PANEL_FOLDER, PanelFiles } from './panel-files.ts';
import { PROBLEM_TYPE, renderProblem } from './problem.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

export interface AdminParts {
  readonly operator: Operator;
  readonly snapshot: () => Snapshot;
  readonly clock: Clock;
  readonly log: Log;
  /** Of rotato. */
  readonly version: string;
  /** Where the built panel lies; by default, where the build puts it. */
  readonly panelFolder?: string;
}

/** The panel and its API. */
export interface Admin {
  /** Whether a request target is the admin's to serve. */
  serves(target: string): boolean;
  /** Never throws and never rejects. */
  handle(request: IncomingMessage, reply: ServerResponse): void;
  /** Lets go of everybody who listens to events. */
  close(): void;
}

export function createAdmin(parts: AdminParts): Admin {
  const { operator, clock, log, version, snapshot } = parts;
  const live = new LiveEvents({ operator, clock });
  const api = createApi({ operator, live, clock, log, version, throttle: new LoginThrottle(clock) });
  const panel = new PanelFiles(parts.panelFolder ?? PANEL_FOLDER);
  const serveApi = getRequestListener(api.fetch, {
    overrideGlobalObjects: false,
    errorHandler: (error) => {
      log.error('Internal error', { err: error });
      const { body, status } = renderProblem(error);
      return new Response(JSON.stringify(body), {
        status,
        headers: { ...SECURITY_HEADERS, 'content-type': PROBLEM_TYPE },
      });
    },
  });

  const serve = async (request: IncomingMessage, reply: ServerResponse) => {
    const target = request.url ?? '';
    checkTarget(target);
    checkOwnOrigin(new HeaderList(request.rawHeaders), snapshot());
    const path = target.split('?', 1)[0] as string;
    if (path === API_PATH || path.startsWith(`${API_PATH}/`)) await serveApi(request, reply);
    else await panel.serve(path.slice('/admin'.length), request, reply);
  };

  return {
    serves: (target) => splitTarget(target).first === 'admin',
    handle(request, reply) {
      reply.setHeader('x-rotato-request-id', randomBytes(16).toString('hex'));
      // Without a listener a caller that breaks off would be an uncaught error.
      request.on('error', () => {});
      reply.on('error', () => {});
      serve(request, reply).catch((error: unknown) => refuse(request, reply, error, log));
    },
    close: () => live.close(),
  };
}

/**
 * As for any request; but pages that may call the providers may not call this. That another port of this machine
 * counts as the same site, which cookies go to, makes no difference to it.
 */
function checkOwnOrigin(headers: HeaderList, snapshot: Snapshot): void {
  checkOrigin(headers, { ...snapshot, cors: new Set() });
  if (headers.get('sec-fetch-site') === 'same-site') {
    throw new RotatoError('forbidden', 'Only the pages of this server itself may call its admin API.');
  }
}

function refuse(request: IncomingMessage, reply: ServerResponse, thrown: unknown, log: Log): void {
  const { status, body, headers } = renderProblem(thrown);
  if (body.code === 'internal') log.error('Internal error', { err: thrown });
  if (reply.headersSent || reply.destroyed) {
    reply.destroy();
    return;
  }
  const text = JSON.stringify(body);
  reply.writeHead(status, {
    ...SECURITY_HEADERS,
    ...headers,
    ...(!request.complete && { connection: 'close' }),
    'content-type': PROBLEM_TYPE,
    'content-length': Buffer.byteLength(text),
  });
  reply.end(request.method === 'HEAD' ? undefined : text);
  request.resume();
}

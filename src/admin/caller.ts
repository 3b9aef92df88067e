import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { Clock } from '../clock.ts';
import type { Operator, SessionView } from '../control/operator.ts';
import { RotatoError } from '../errors.ts';
import type { Secret } from '../model/secret.ts';
import type { AdminTokenView } from './contract.ts';

/** Who asks. */
export type Caller =
  | { readonly by: 'password'; readonly session: SessionView; readonly secret: string }
  | { readonly by: 'token'; readonly token: AdminTokenView };

/** What Hono carries through a request. */
export interface AdminEnvironment {
  Bindings: HttpBindings;
  Variables: { caller: Caller };
}

export type AdminContext = Context<AdminEnvironment>;

/** Throws `unauthorized` for everybody who has neither signed in nor a token. */
export function identifyCaller(context: AdminContext, { sessions, tokens }: Operator): Caller {
  const authorization = context.req.header('authorization');
  if (authorization !== undefined) {
    const presented = /^bearer +(\S+)$/i.exec(authorization)?.[1];
    const token = presented === undefined ? null : tokens.find(presented);
    if (token === null) throw new RotatoError('unauthorized', 'This admin token is not known here; it may be revoked.');
    return { by: 'token', token };
  }
  const secret = getCookie(context, cookieName(context));
  const session = secret === undefined ? null : sessions.find(secret);
  if (secret === undefined || session === null) {
    throw new RotatoError('unauthorized', 'Sign in first: POST /admin/api/session, or send an admin token as Bearer.');
  }
  return { by: 'password', session, secret };
}

/** Browsers keep one jar for all ports of a host, so that several rotatos on one machine need names of their own. */
function cookieName({ env }: AdminContext): string {
  return `rotato_session_${env.incoming.socket.localPort ?? 0}`;
}

export function setSessionCookie(
  context: AdminContext,
  { session, secret }: { session: SessionView; secret: Secret },
  clock: Clock,
): void {
  setCookie(context, cookieName(context), secret.reveal(), {
    ...cookieOptions(context),
    maxAge: Math.max(0, Math.floor((session.expiresAt - clock.wallNow()) / 1000)),
  });
}

export function clearSessionCookie(context: AdminContext): void {
  deleteCookie(context, cookieName(context), cookieOptions(context));
}

/** The page's own origin tells whether TLS ends in front of us; it was checked against the Host before. */
function cookieOptions(context: AdminContext) {
  const secure = context.req.header('origin')?.startsWith('https://') ?? false;
  return { path: '/admin', httpOnly: true, sameSite: 'Strict', secure } as const;
}

/** For the throttle: the peer of the socket, whatever headers say. */
export function sourceAddress({ env }: AdminContext): string {
  return env.incoming.socket.remoteAddress ?? 'unknown';
}

import type { Clock } from '../clock.ts';
import type { Operator } from '../control/operator.ts';
import { RotatoError } from '../errors.ts';
import type { Handlers } from './call.ts';
import { clearSessionCookie, setSessionCookie, sourceAddress } from './caller.ts';
import type { Session } from './contract.ts';
import type { LiveEvents } from './live-events.ts';
import type { LoginThrottle } from './login-throttle.ts';

export interface SessionParts {
  readonly operator: Operator;
  readonly throttle: LoginThrottle;
  readonly live: LiveEvents;
  readonly clock: Clock;
}

type SessionRoute = 'POST /session' | 'GET /session' | 'DELETE /session' | 'POST /settings/password';

export function sessionRoutes({ operator, throttle, live, clock }: SessionParts): Handlers<SessionRoute> {
  const { password, sessions } = operator;
  return {
    async 'POST /session'({ body, context }) {
      const guess = throttle.admit(sourceAddress(context));
      if (!(await password.verify(body.password))) {
        throw new RotatoError('unauthorized', 'This is not the admin password. `rotato password` sets a new one.');
      }
      guess.succeeded();
      const opened = await sessions.create();
      setSessionCookie(context, opened, clock);
      return { by: 'password', expiresAt: opened.session.expiresAt };
    },

    'GET /session'({ context }): Session {
      const caller = context.get('caller');
      return { by: caller.by, expiresAt: caller.by === 'password' ? caller.session.expiresAt : null };
    },

    async 'DELETE /session'({ context }) {
      const caller = context.get('caller');
      if (caller.by === 'token') {
        throw new RotatoError('bad-request', 'There is no session to end: this request came with an admin token.');
      }
      await sessions.end(caller.secret);
      clearSessionCookie(context);
      live.endUnlessAllowed();
    },

    async 'POST /settings/password'({ body, context }) {
      const guess = throttle.admit(sourceAddress(context));
      // What else may be wrong, such as the new one, is no guess at the old one.
      if (await password.verify(body.current)) guess.succeeded();
      await password.change(body.current, body.next);
      if (context.get('caller').by === 'password') setSessionCookie(context, await sessions.create(), clock);
      live.endUnlessAllowed();
    },
  };
}

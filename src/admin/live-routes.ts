import { parseDuration } from '../config/quantities.ts';
import type { Operator } from '../control/operator.ts';
import { RotatoError } from '../errors.ts';
import type { Handlers } from './call.ts';
import { MOST_LISTED } from './live-events.ts';

type LiveRoute =
  | 'GET /pool'
  | 'GET /traffic'
  | 'GET /notices'
  | 'GET /exchanges'
  | 'GET /exchanges/{id}'
  | 'GET /playground';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

export function liveRoutes(operator: Operator): Handlers<LiveRoute> {
  return {
    'GET /pool': () => operator.pool(MOST_LISTED),
    'GET /traffic': ({ query }) => operator.traffic(readWindow(query.window)),
    'GET /notices': () => ({ items: operator.notices() }),
    'GET /exchanges': ({ query }) => ({ items: operator.exchanges(query.limit) }),
    'GET /exchanges/{id}': ({ id }) => operator.exchange(id),
    'GET /playground': () => ({ key: operator.builtInClientKey('panel').reveal() }),
  };
}

function readWindow(text: string): number {
  const windowMs = parseDuration(text);
  if (windowMs !== null && windowMs >= MINUTE_MS && windowMs <= DAY_MS) return windowMs;
  const message = 'A duration from 1m to 24h, such as 15m.';
  throw new RotatoError('invalid-input', `window: ${message}`, { fields: [{ path: 'window', message }] });
}

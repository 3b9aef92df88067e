import { RotatoError } from '../errors.ts';
import type { ClientKey } from '../model/client-key.ts';
import type { Provider } from '../model/provider.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { ProviderAdapter } from '../providers/provider-adapter.ts';
import { authenticate, checkOrigin } from './authenticate.ts';
import type { Exchange } from './exchange.ts';
import { checkTarget, type Route, routeRequest, splitTarget } from './route-request.ts';

/** A request that goes on: who asks, and where it goes. */
export interface Admitted {
  /** Null for anyone under `access: open`. */
  readonly client: ClientKey | null;
  readonly route: Route;
  readonly adapter: ProviderAdapter;
}

const RELAYED_METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** The one check that stands before everything, for requests and upgrades alike. Throws unless both may be served. */
export function checkRequest({ headers, target }: Exchange, snapshot: Snapshot): void {
  checkTarget(target);
  checkOrigin(headers, snapshot);
}

/** The one way from a checked request or upgrade to a provider; throws unless the caller may go it. */
export function admit(
  exchange: Exchange,
  snapshot: Snapshot,
  adapterOf: (provider: Provider) => ProviderAdapter,
): Admitted {
  const { headers, target } = exchange;
  const method = exchange.request.method ?? '';
  if (!RELAYED_METHODS.has(method)) throw new RotatoError('method-not-allowed', `${method} is not relayed.`);
  const client = authenticate(headers, target, snapshot);
  exchange.client = client;
  refuseReserved(splitTarget(target).first);
  const route = routeRequest(target, snapshot);
  const { provider } = route;
  exchange.provider = provider.name;
  if (client !== null && client.providers !== null && !client.providers.includes(provider.name)) {
    throw new RotatoError('forbidden', `The client key "${client.name}" may not use ${provider.name}.`);
  }
  if (!provider.enabled) throw new RotatoError('provider-unavailable', `${provider.name} is switched off.`);
  return { client, route, adapter: adapterOf(provider) };
}

function refuseReserved(first: string): void {
  if (first === 'v1') {
    throw new RotatoError('not-found', '/v1 is reserved. Put a provider in front: /openai/v1/chat/completions.');
  }
  if (first === 'admin') throw new RotatoError('not-found', '/admin takes no WebSocket.');
  if (first === 'metrics') throw new RotatoError('not-found', 'There is no /metrics here yet.');
}

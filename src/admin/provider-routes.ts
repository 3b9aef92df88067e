import type { Operator } from '../control/operator.ts';
import type { Handlers } from './call.ts';
import type { Route } from './contract.ts';

type ProviderRoute =
  | 'GET /presets'
  | Exclude<Extract<Route, `${string} /providers${string}`>, `${string}/keys${string}`>;

export function providerRoutes(operator: Operator): Handlers<ProviderRoute> {
  const { providers } = operator;
  return {
    'GET /presets': () => ({ items: operator.presets() }),
    'GET /providers': () => ({ items: providers.list() }),
    'POST /providers': ({ body }) => providers.create(body),
    'GET /providers/{id}': ({ id }) => providers.get(id),
    'PATCH /providers/{id}': ({ id, body, version }) => providers.change(id, body, version),
    'POST /providers/{id}/rename': ({ id, body, version }) => providers.rename(id, body.name, version),
    'GET /providers/{id}/models': ({ id }) => providers.models(id),
    'DELETE /providers/{id}': ({ id, version }) => providers.remove(id, version),
    'POST /providers/{id}/enable': ({ id, version }) => providers.setEnabled(id, true, version),
    'POST /providers/{id}/disable': ({ id, version }) => providers.setEnabled(id, false, version),
    'POST /providers/{id}/restore': ({ id, version }) => providers.restore(id, version),
  };
}

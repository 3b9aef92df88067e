import type { Operator } from '../control/operator.ts';
import type { Handlers } from './call.ts';
import type { Route } from './contract.ts';
import { checkVersion } from './request-checks.ts';

type ProviderRoute =
  | 'GET /presets'
  | Exclude<Extract<Route, `${string} /providers${string}`>, `${string}/keys${string}`>;

export function providerRoutes(operator: Operator): Handlers<ProviderRoute> {
  const { providers } = operator;
  const checked = (id: string, version: number | undefined) => checkVersion(version, providers.get(id).version);
  return {
    'GET /presets': () => ({ items: operator.presets() }),
    'GET /providers': () => ({ items: providers.list() }),
    'POST /providers': ({ body }) => providers.create(body),
    'GET /providers/{id}': ({ id }) => providers.get(id),
    'PATCH /providers/{id}': ({ id, body, version }) => providers.change(id, body, version),
    'POST /providers/{id}/rename': ({ id, body, version }) => providers.rename(id, body.name, version),
    'GET /providers/{id}/models': ({ id }) => providers.models(id),
    'DELETE /providers/{id}'({ id, version }) {
      checked(id, version);
      return providers.remove(id);
    },
    'POST /providers/{id}/enable'({ id, version }) {
      checked(id, version);
      return providers.setEnabled(id, true);
    },
    'POST /providers/{id}/disable'({ id, version }) {
      checked(id, version);
      return providers.setEnabled(id, false);
    },
    'POST /providers/{id}/restore'({ id, version }) {
      checked(id, version);
      return providers.restore(id);
    },
  };
}

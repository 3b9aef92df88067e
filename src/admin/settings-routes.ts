import type { Operator } from '../control/operator.ts';
import { RotatoError } from '../errors.ts';
import type { Handlers } from './call.ts';
import { sourceAddress } from './caller.ts';
import type { Route } from './contract.ts';
import type { LiveEvents } from './live-events.ts';
import type { LoginThrottle } from './login-throttle.ts';

type SettingsRoute =
  | Extract<Route, `${string} /clients${string}` | `${string} /tokens${string}`>
  | 'GET /settings'
  | 'PATCH /settings'
  | 'POST /export'
  | 'POST /import';

export interface SettingsParts {
  readonly operator: Operator;
  readonly throttle: LoginThrottle;
  readonly live: LiveEvents;
}

export function settingsRoutes({ operator, throttle, live }: SettingsParts): Handlers<SettingsRoute> {
  const { clients, tokens, settings, backup, password } = operator;
  return {
    'GET /clients': () => ({ items: clients.list() }),
    async 'POST /clients'({ body }) {
      const { client, secret } = await clients.create(body);
      return { client, secret: secret.reveal() };
    },
    'PATCH /clients/{id}': ({ id, body, version }) => clients.change(id, body, version),
    'DELETE /clients/{id}': ({ id, version }) => clients.revoke(id, version),

    'GET /settings': () => settings.get(),
    'PATCH /settings': ({ body, version }) => settings.change(body, version),

    'GET /tokens': () => ({ items: tokens.list() }),
    async 'POST /tokens'({ body }) {
      const { token, secret } = await tokens.create(body.name);
      return { token, secret: secret.reveal() };
    },
    async 'DELETE /tokens/{id}'({ id }) {
      await tokens.revoke(id);
      live.endUnlessAllowed();
    },

    async 'POST /export'({ body, context }) {
      const guess = throttle.admit(sourceAddress(context));
      if (!(await password.verify(body.password))) {
        const message = 'This is not the admin password.';
        throw new RotatoError('invalid-input', message, { fields: [{ path: 'password', message }] });
      }
      guess.succeeded();
      context.header('content-disposition', 'attachment; filename="rotato-settings.json"');
      return (await backup.export()) as Readonly<Record<string, unknown>>;
    },
    'POST /import': ({ body }) => backup.import(body.document, { dryRun: body.dryRun }),
  };
}

import type { Access, Config } from './config.ts';
import { isLoopback } from './network-address.ts';
import type { Problem } from './problem.ts';
import { placeOf } from './sources.ts';

/** Who may call. Nothing is open by default but a server that only its own machine reaches and that knows no client. */
export function accessInForce({
  access,
  listen,
  clients,
}: Pick<Config, 'access' | 'listen'> & { readonly clients: readonly unknown[] }): Access {
  if (access !== null) return access;
  return clients.length === 0 && listen.addresses.every(isLoopback) ? 'open' : 'keys';
}

type ExposedSettings = Pick<Config, 'listen' | 'access' | 'clients' | 'adminPassword' | 'sources'>;

/**
 * Nothing is open by default: whoever lets others reach rotato has to say who may use it. `secretElsewhere`: the
 * settings store, which is not looked at here, knows a client or a password.
 */
export function exposureProblems(config: ExposedSettings, secretElsewhere = false): Problem[] {
  const exposed = config.listen.addresses.filter((address) => !isLoopback(address));
  if (exposed.length === 0) return [];
  const found = `found listen address ${exposed.join(', ')}, which others can reach`;
  const problems: Problem[] = [];
  if (config.clients.length === 0 && config.adminPassword === null && !secretElsewhere) {
    const allowed =
      'missing is a client key ("clients:" in the configuration file) or an admin password (ROTATO_ADMIN_PASSWORD); without either listen on 127.0.0.1';
    problems.push({ ...placeOf('listen.host', config.sources), found, allowed });
  }
  if (config.access === 'open') {
    const allowed = 'allowed: access "keys", because "open" would let all of them spend your keys';
    problems.push({ ...placeOf('access', config.sources), found: `${found}, at access "open"`, allowed });
  }
  return problems;
}

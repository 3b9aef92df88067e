import type { HeaderList } from '../model/header-list.ts';
import type { Provider } from '../model/provider.ts';
import type { UpstreamUrl } from '../model/upstream-url.ts';
import type { ProviderAdapter } from '../providers/provider-adapter.ts';
import { withoutVersion } from './route-request.ts';

interface AddressedReply {
  readonly exchange: { readonly headers: HeaderList };
  readonly route: { readonly provider: Provider };
  readonly adapter: ProviderAdapter;
}

interface AddressedLease {
  readonly key: { readonly baseUrl: UpstreamUrl | null };
}

/**
 * Reply headers, flat, in which the address at which a caller is to go on leads through rotato again. One that leads
 * elsewhere than to the base URL it was sent to is left as it is.
 */
export function withOwnAddresses(reply: AddressedReply, lease: AddressedLease, headers: string[]): string[] {
  const { adapter, route, exchange } = reply;
  if (adapter.addressHeaders.length === 0) return headers;
  const url = lease.key.baseUrl ?? route.provider.baseUrl;
  const theirs = `${url.origin}${withoutVersion(url.path)}/`;
  const ours = `http://${exchange.headers.get('host')}/${route.provider.name}/`;
  return headers.map((part, at) => {
    const isAddress = at % 2 === 1 && adapter.addressHeaders.includes((headers[at - 1] as string).toLowerCase());
    return isAddress && part.startsWith(theirs) ? ours + part.slice(theirs.length) : part;
  });
}

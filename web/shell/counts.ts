import { useClients, useProviders } from '../api/queries.ts';

/** What the navigation counts; null until it is known. */
export function useCounts(): Readonly<Record<'providers' | 'clients', number | null>> {
  const providers = useProviders().data;
  const clients = useClients().data;
  return {
    providers: providers?.filter(({ restorableUntil }) => restorableUntil === null).length ?? null,
    clients: clients?.length ?? null,
  };
}

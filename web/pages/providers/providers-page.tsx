import { Plus, ServerCog, Undo2 } from 'lucide-react';
import { useSearchParams } from 'wouter';
import type { ProviderView } from '../../../src/admin/contract.ts';
import { usePool, usePresets, useProviders } from '../../api/queries.ts';
import { Button } from '../../ui/button.tsx';
import { Countdown } from '../../ui/countdown.tsx';
import { EmptyState, ErrorState } from '../../ui/empty-state.tsx';
import { PageHead } from '../../ui/page-head.tsx';
import { CreateProvider } from './create-provider.tsx';
import { useProviderActs } from './provider-acts.ts';
import { ProviderCard } from './provider-card.tsx';

/** `?new=1` chooses a preset for a new provider, `?new=groq` fills in its form. */
export function ProvidersPage() {
  const [query, setQuery] = useSearchParams();
  const creating = query.get('new');
  const create = (preset: string | null) =>
    setQuery((before) => {
      if (preset === null) before.delete('new');
      else before.set('new', preset);
      return before;
    });
  return (
    <div className="flex flex-col gap-6">
      <title>Providers · rotato</title>
      <PageHead
        title="Providers"
        description="Each provider is a URL prefix of its own. Point a program at it in place of the vendor's address."
        acts={
          <Button kind="primary" icon={<Plus aria-hidden size={15} />} onClick={() => create('1')}>
            Add provider
          </Button>
        }
      />
      <ProviderList onCreate={() => create('1')} />
      <CreateProvider chosen={creating} onChoose={create} />
    </div>
  );
}

function ProviderList({ onCreate }: { readonly onCreate: () => void }) {
  const { data: providers, error, refetch } = useProviders();
  const { data: presets } = usePresets();
  const { data: pool } = usePool();
  if (providers === undefined) {
    if (error === null) return <LoadingCards />;
    return (
      <ErrorState
        title="The providers could not be read."
        error={error}
        stillWorks="Calls through rotato go on as before."
        onRetry={() => void refetch()}
      />
    );
  }
  const inUse = providers.filter(({ restorableUntil }) => restorableUntil === null);
  const deleted = providers.filter(({ restorableUntil }) => restorableUntil !== null);
  return (
    <>
      {inUse.length === 0 ? (
        <EmptyState
          icon={<ServerCog aria-hidden size={20} />}
          title="No provider yet"
          action={
            <Button kind="primary" icon={<Plus aria-hidden size={15} />} onClick={onCreate}>
              Add the first provider
            </Button>
          }
        >
          Choose a vendor, paste the keys you have for it, and call it through rotato.
        </EmptyState>
      ) : (
        <ul aria-label="Providers" className="grid grid-cols-[repeat(auto-fill,minmax(min(100%,300px),1fr))] gap-4">
          {inUse.map((provider) => (
            <ProviderCard
              key={provider.id}
              provider={provider}
              preset={presets?.find(({ name }) => name === provider.settings.preset)}
              live={provider.shadowed ? undefined : pool?.providers.find(({ name }) => name === provider.name)}
            />
          ))}
        </ul>
      )}
      {deleted.length > 0 && <DeletedProviders providers={deleted} />}
    </>
  );
}

function LoadingCards() {
  return (
    <div aria-busy className="grid animate-late grid-cols-[repeat(auto-fill,minmax(min(100%,300px),1fr))] gap-4">
      {[1, 2, 3].map((card) => (
        <div key={card} className="h-[186px] rounded-xl border border-line bg-surface" />
      ))}
    </div>
  );
}

function DeletedProviders({ providers }: { readonly providers: readonly ProviderView[] }) {
  const acts = useProviderActs();
  return (
    <section aria-label="Deleted providers" className="flex flex-col gap-2">
      <h2 className="text-sm font-medium text-muted">Just deleted</h2>
      <ul className="divide-y divide-line rounded-lg border border-line">
        {providers.map((provider) => (
          <li key={provider.id} className="flex items-center gap-3 px-3 py-2 text-sm text-muted">
            <span className="min-w-0 flex-1 truncate">{provider.name}</span>
            {provider.restorableUntil !== null && (
              <span className="text-xs text-faint">
                gone in <Countdown until={provider.restorableUntil} />
              </span>
            )}
            <Button size="small" icon={<Undo2 aria-hidden size={13} />} onClick={() => void acts.restore(provider)}>
              Restore
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

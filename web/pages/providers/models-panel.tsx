import { RefreshCw } from 'lucide-react';
import { useState } from 'react';
import type { ProviderView } from '../../../src/admin/contract.ts';
import { useModels } from '../../api/queries.ts';
import { counted } from '../../format/numbers.ts';
import { Button } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { EmptyState, ErrorState } from '../../ui/empty-state.tsx';
import { Loading } from '../../ui/loading.tsx';
import { SearchInput } from '../../ui/search-input.tsx';

/** More would be slow to draw, and nobody reads on to the thousandth. */
const MOST_SHOWN = 400;

export function ModelsPanel({ provider }: { readonly provider: ProviderView }) {
  const { data, error, refetch, isFetching } = useModels(provider.name);
  const [text, setText] = useState('');
  const again = (
    <Button icon={<RefreshCw aria-hidden size={14} />} busy={isFetching} onClick={() => void refetch()}>
      Ask again
    </Button>
  );
  if (data === undefined) {
    return error === null ? (
      <Loading label="Asking for the models" />
    ) : (
      <ErrorState title="The models could not be read." error={error} onRetry={() => void refetch()} />
    );
  }
  if (data.error !== null || data.models.length === 0) {
    return (
      <EmptyState
        title={data.error === null ? 'It lists no models' : `${provider.name} did not list its models`}
        action={again}
      >
        {data.error ?? 'Calls go through all the same: a model is passed on as the caller names it.'}
      </EmptyState>
    );
  }
  const words = text.trim().toLowerCase();
  const found = data.models.filter((model) => model.toLowerCase().includes(words));
  return (
    <div className="flex max-w-[820px] flex-col gap-3">
      <div className="flex flex-wrap items-center gap-2">
        <div className="w-full sm:w-64">
          <SearchInput label="Search models" value={text} onChange={(event) => setText(event.target.value)} />
        </div>
        <span role="status" className="flex-1 text-xs text-faint">
          {found.length === data.models.length
            ? counted(found.length, 'model')
            : `${found.length} of ${data.models.length}`}
        </span>
        {again}
      </div>
      <ul aria-label="Models" className="grid grid-cols-[repeat(auto-fill,minmax(min(100%,260px),1fr))] gap-x-6">
        {found.slice(0, MOST_SHOWN).map((model) => (
          <li key={model} className="group/model flex h-9 items-center gap-2 border-b border-line">
            <code className="min-w-0 flex-1 truncate font-mono text-xs" title={model}>
              {model}
            </code>
            <span className="opacity-0 focus-within:opacity-100 group-hover/model:opacity-100 pointer-coarse:opacity-100">
              <CopyButton text={model.replace(/^models\//, '')} what={model} />
            </span>
          </li>
        ))}
      </ul>
      {found.length > MOST_SHOWN && (
        <p className="text-xs text-faint">The first {MOST_SHOWN} are shown; search for the others.</p>
      )}
    </div>
  );
}

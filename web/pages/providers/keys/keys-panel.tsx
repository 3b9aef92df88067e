import { Undo2 } from 'lucide-react';
import { useMemo } from 'react';
import { useSearchParams } from 'wouter';
import type { KeyView, PresetView, ProviderView } from '../../../../src/admin/contract.ts';
import { counted } from '../../../format/numbers.ts';
import { Banner } from '../../../ui/banner.tsx';
import { Button } from '../../../ui/button.tsx';
import { Countdown } from '../../../ui/countdown.tsx';
import { Sheet } from '../../../ui/dialog.tsx';
import { ErrorState } from '../../../ui/empty-state.tsx';
import { Loading } from '../../../ui/loading.tsx';
import { AddKeysForm } from './add-keys-form.tsx';
import { KeySheet } from './key-sheet.tsx';
import { KeyTable } from './key-table.tsx';
import { useKeyActs } from './use-key-acts.ts';
import { deletedKeys, keysInUse, useKeys } from './use-keys.ts';

interface KeysPanelProps {
  readonly provider: ProviderView;
  readonly preset: PresetView | undefined;
}

/** The keys of a provider; `?add=keys` and `?key=` open what lies over them. */
export function KeysPanel({ provider, preset }: KeysPanelProps) {
  const { data, error, refetch } = useKeys(provider.id);
  const keys = useMemo(() => keysInUse(data ?? []), [data]);
  const [query, open] = useOverlay();
  if (data === undefined) {
    if (error === null) return <Loading label="Reading the keys" lines={5} />;
    return (
      <ErrorState
        title="The keys could not be read."
        error={error}
        stillWorks="Calls through rotato go on as before."
        onRetry={() => void refetch()}
      />
    );
  }
  const deleted = deletedKeys(data);
  return (
    <div className="flex flex-col gap-3">
      {deleted.length > 0 && <DeletedKeys provider={provider} keys={deleted} />}
      <KeyTable
        provider={provider}
        keys={keys}
        keyOptional={preset?.keyOptional ?? false}
        onAdd={() => open({ add: 'keys' })}
        onEdit={(key) => open({ key: key.id })}
      />
      <Sheet
        open={query.add === 'keys'}
        onClose={() => open({})}
        width="wide"
        keepOpen
        title={`Add keys to ${provider.name}`}
        description="In whatever shape you have them. Each is shown here and in logs by its last characters only."
      >
        <AddKeysForm provider={provider} preset={preset} onDone={() => open({})} />
      </Sheet>
      <KeySheet provider={provider} keys={keys} id={query.key} onClose={() => open({})} />
    </div>
  );
}

type Overlay = { readonly add?: string; readonly key?: string };

/** What lies over the table, in the URL beside the filters, which stay. */
function useOverlay(): readonly [Overlay, (overlay: Overlay) => void] {
  const [query, setQuery] = useSearchParams();
  const open = (overlay: Overlay) =>
    setQuery((before) => {
      before.delete('add');
      before.delete('key');
      for (const [name, value] of Object.entries(overlay)) before.set(name, value);
      return before;
    });
  const [add, key] = [query.get('add'), query.get('key')];
  return [{ ...(add === null ? {} : { add }), ...(key === null ? {} : { key }) }, open];
}

function DeletedKeys({ provider, keys }: { readonly provider: ProviderView; readonly keys: readonly KeyView[] }) {
  const acts = useKeyActs(provider.id);
  const first = Math.min(...keys.flatMap(({ restorableUntil }) => restorableUntil ?? []));
  const what = keys.length === 1 && keys[0] !== undefined ? keys[0].label : counted(keys.length, 'key');
  return (
    <Banner
      action={
        <Button size="small" icon={<Undo2 aria-hidden size={13} />} onClick={() => void acts.act(keys, 'restore')}>
          Restore
        </Button>
      }
    >
      Deleted {what}; gone for good in <Countdown until={first} />.
    </Banner>
  );
}

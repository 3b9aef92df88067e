import { useQueryClient } from '@tanstack/react-query';
import { KeyRound, Plus, SearchX } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useSearchParams } from 'wouter';
import type { BulkAct, KeyView, ProviderView } from '../../../../src/admin/contract.ts';
import { call } from '../../../api/client.ts';
import { sayProblem } from '../../../api/problem.ts';
import { Button } from '../../../ui/button.tsx';
import { EmptyState } from '../../../ui/empty-state.tsx';
import { showToast } from '../../../ui/toasts.ts';
import { patchProvider, refreshProviders } from '../provider-acts.ts';
import { BulkBar } from './bulk-bar.tsx';
import { filterKeys, type KeyFilter, NO_FILTER, readKeyFilter, showsOrderOfUse, writeKeyFilter } from './key-filter.ts';
import { KeyHead } from './key-head.tsx';
import { KeyCards, KeyGrid } from './key-list.tsx';
import { announceMove, applyMove, type KeyMove, moveByDrop, moveByStep } from './key-order.ts';
import { KeyToolbar } from './key-toolbar.tsx';
import { OrderNote, SwitchToOrdered } from './order-note.tsx';
import type { RowActs } from './row-acts.ts';
import { SharedQuotaNote } from './shared-quota-note.tsx';
import { useKeyActs } from './use-key-acts.ts';
import { useWideScreen } from './use-wide-screen.ts';

interface KeyTableProps {
  readonly provider: ProviderView;
  /** Those in use. */
  readonly keys: readonly KeyView[];
  readonly keyOptional: boolean;
  readonly onAdd: () => void;
  readonly onEdit: (key: KeyView) => void;
}

export function KeyTable({ provider, keys, keyOptional, onAdd, onEdit }: KeyTableProps) {
  const [filter, setFilter] = useFilterInUrl();
  const shown = useMemo(() => filterKeys(keys, filter), [keys, filter]);
  const selection = useSelection(shown);
  const [current, setCurrent] = useState<string | null>(null);
  const order = useMoves(provider, keys);
  const keyActs = useKeyActs(provider.id);
  const fixed = whyFixed(provider, filter);
  const isWide = useWideScreen();
  const acts = useStableActs({
    act: (key, act) => void keyActs.act([key], act),
    move: (key, direction) => {
      const ids = keys.map(({ id }) => id);
      order.ask(moveByStep(ids, key.id, direction));
      setCurrent(key.id);
    },
    edit: onEdit,
    select: selection.select,
    focusBeside: (key, step) => {
      const next = shown[shown.indexOf(key) + step];
      if (next !== undefined) setCurrent(next.id);
    },
    filterGroup: (group) => setFilter({ ...filter, group }),
  });
  if (keys.length === 0) return <NoKeys provider={provider} keyOptional={keyOptional} onAdd={onAdd} />;
  const selectedKeys = shown.filter(({ id }) => selection.selected.has(id));
  const list = { keys: shown, acts, selected: selection.selected, fixed };
  return (
    <div className="flex flex-col gap-3">
      <SharedQuotaNote keys={keys} onGroup={(group) => setFilter({ ...NO_FILTER, group })} />
      <KeyToolbar keys={keys} shownCount={shown.length} filter={filter} onFilter={setFilter} />
      <OrderNote provider={provider} count={keys.length} how={isWide ? 'rows' : 'cards'} />
      <span role="status" className="sr-only">
        {order.announcement}
      </span>
      {shown.length === 0 ? (
        <NoneFound onClear={() => setFilter(NO_FILTER)} />
      ) : isWide ? (
        <KeyGrid
          {...list}
          current={current}
          head={
            <KeyHead
              filter={filter}
              onFilter={setFilter}
              allSelected={selection.all}
              onSelectAll={selection.selectAll}
            />
          }
          onDrop={(id, target) =>
            order.ask(
              moveByDrop(
                keys.map((key) => key.id),
                id,
                target,
              ),
            )
          }
        />
      ) : (
        <KeyCards {...list} />
      )}
      <BulkBar selected={selectedKeys} onAct={keyActs.act} onClear={selection.clear} />
      <SwitchToOrdered {...order.switching} provider={provider} />
    </div>
  );
}

function whyFixed(provider: ProviderView, filter: KeyFilter): string | null {
  if (provider.origin !== 'store') return 'The order is the one of the configuration';
  return showsOrderOfUse(filter) ? null : 'Clear search, filters and sorting to change the order';
}

function useFilterInUrl(): readonly [KeyFilter, (filter: KeyFilter) => void] {
  const [query, setQuery] = useSearchParams();
  const text = query.toString();
  const filter = useMemo(() => readKeyFilter(text), [text]);
  const write = useRef(setQuery);
  write.current = setQuery;
  const setFilter = useMemo(
    () => (next: KeyFilter) =>
      write.current((before) => new URLSearchParams(writeKeyFilter(next, before.toString())), { replace: true }),
    [],
  );
  return [filter, setFilter];
}

function useSelection(shown: readonly KeyView[]) {
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const lastId = useRef<string | null>(null);
  const shiftHeld = useShiftHeld();
  const shownSelected = shown.filter(({ id }) => selected.has(id)).length;
  return {
    selected,
    all: shownSelected === 0 ? false : shownSelected === shown.length ? true : ('indeterminate' as const),
    clear: () => setSelected(new Set()),
    selectAll: (on: boolean) => setSelected(new Set(on ? shown.map(({ id }) => id) : [])),
    select: (key: KeyView, on: boolean, range: boolean) => {
      const from = range || shiftHeld.current ? shown.findIndex(({ id }) => id === lastId.current) : -1;
      const at = shown.indexOf(key);
      const meant = from === -1 ? [key] : shown.slice(Math.min(from, at), Math.max(from, at) + 1);
      lastId.current = key.id;
      setSelected((before) => {
        const after = new Set(before);
        for (const { id } of meant) {
          if (on) after.add(id);
          else after.delete(id);
        }
        return after;
      });
    },
  };
}

/** A checkbox tells nobody whether Shift was held. */
function useShiftHeld() {
  const held = useRef(false);
  useEffect(() => {
    const note = (event: KeyboardEvent | PointerEvent) => {
      held.current = event.shiftKey;
    };
    addEventListener('keydown', note, true);
    addEventListener('keyup', note, true);
    addEventListener('pointerdown', note, true);
    return () => {
      removeEventListener('keydown', note, true);
      removeEventListener('keyup', note, true);
      removeEventListener('pointerdown', note, true);
    };
  }, []);
  return held;
}

/** Moves, and the question that comes before the first one where the order means nothing yet. */
function useMoves(provider: ProviderView, keys: readonly KeyView[]) {
  const cache = useQueryClient();
  const keyActs = useKeyActs(provider.id);
  const [announcement, setAnnouncement] = useState('');
  const [asked, setAsked] = useState<KeyMove | null>(null);
  const [busy, setBusy] = useState(false);
  const carryOut = async (move: KeyMove) => {
    if (!(await keyActs.move(move))) return;
    const after = applyMove(keys, move);
    const at = after.findIndex(({ id }) => id === move.id);
    setAnnouncement(announceMove(after[at]?.label ?? '', at + 1, after.length));
  };
  const switchAndMove = async () => {
    setBusy(true);
    try {
      const body = { strategy: 'ordered' } as const;
      patchProvider(cache, await call('PATCH /providers/{id}', { id: provider.id, body, version: provider.version }));
      if (asked !== null) await carryOut(asked);
      setAsked(null);
    } catch (error) {
      showToast({ title: 'The strategy could not be changed.', detail: sayProblem(error), tone: 'problem' });
      await refreshProviders(cache);
    } finally {
      setBusy(false);
    }
  };
  return {
    announcement,
    ask: (move: KeyMove | null) => {
      if (move === null) return;
      if (provider.settings.strategy === 'ordered') void carryOut(move);
      else setAsked(move);
    },
    switching: { open: asked !== null, busy, onClose: () => setAsked(null), onSwitch: () => void switchAndMove() },
  };
}

/** The same object for as long as the table lives, whatever it does by then. */
function useStableActs(acts: RowActs): RowActs {
  const latest = useRef(acts);
  latest.current = acts;
  return useMemo(
    () => ({
      act: (key: KeyView, act: BulkAct) => latest.current.act(key, act),
      move: (key, direction) => latest.current.move(key, direction),
      edit: (key) => latest.current.edit(key),
      select: (key, selected, range) => latest.current.select(key, selected, range),
      focusBeside: (key, step) => latest.current.focusBeside(key, step),
      filterGroup: (group) => latest.current.filterGroup(group),
    }),
    [],
  );
}

function NoKeys({ provider, keyOptional, onAdd }: Pick<KeyTableProps, 'provider' | 'keyOptional' | 'onAdd'>) {
  return (
    <EmptyState
      icon={<KeyRound aria-hidden size={20} />}
      title={keyOptional ? 'It works without a key' : 'No keys yet'}
      {...(provider.origin === 'store'
        ? {
            action: (
              <Button
                kind={keyOptional ? 'secondary' : 'primary'}
                icon={<Plus aria-hidden size={15} />}
                onClick={onAdd}
              >
                Add keys
              </Button>
            ),
          }
        : {})}
    >
      {provider.origin === 'store'
        ? `Here you will see what each key of ${provider.name} is doing, how much of its quota is spent and when there is room again.`
        : 'Name keys for it in the configuration, and they will be here at once.'}
    </EmptyState>
  );
}

function NoneFound({ onClear }: { readonly onClear: () => void }) {
  return (
    <EmptyState
      icon={<SearchX aria-hidden size={20} />}
      title="No key is like that"
      action={<Button onClick={onClear}>Show all keys</Button>}
    >
      Search looks at labels, quota groups and the last characters of keys.
    </EmptyState>
  );
}

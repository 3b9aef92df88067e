import { X } from 'lucide-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { KeyState, KeyView } from '../../../../src/admin/contract.ts';
import { useShortcut } from '../../../shell/shortcuts.ts';
import { Button } from '../../../ui/button.tsx';
import { classNames } from '../../../ui/class-names.ts';
import { STATE_WORDS } from '../../../ui/key-state.ts';
import { SearchInput } from '../../../ui/search-input.tsx';
import { isFiltered, type KeyFilter, NO_FILTER, STATES } from './key-filter.ts';

interface KeyToolbarProps {
  readonly keys: readonly KeyView[];
  readonly shownCount: number;
  readonly filter: KeyFilter;
  readonly onFilter: (filter: KeyFilter) => void;
}

/** What is typed reaches the URL, and the table, once the typing pauses. */
const PAUSE_MS = 120;

export function KeyToolbar({ keys, shownCount, filter, onFilter }: KeyToolbarProps) {
  return (
    <search aria-label="Keys" className="flex flex-wrap items-center gap-2">
      <SearchBox text={filter.text} onText={(text) => onFilter({ ...filter, text })} />
      <StateChips keys={keys} filter={filter} onFilter={onFilter} />
      {filter.group !== null && (
        <Chip
          pressed
          onClick={() => onFilter({ ...filter, group: null })}
          label={`Quota group ${filter.group}; show all`}
        >
          {filter.group}
          <X aria-hidden size={12} />
        </Chip>
      )}
      <span role="status" className="ml-auto text-xs text-faint">
        {isFiltered(filter) ? `${shownCount} of ${keys.length} keys` : ''}
      </span>
      {(isFiltered(filter) || filter.sort !== 'place') && (
        <Button size="small" kind="quiet" onClick={() => onFilter(NO_FILTER)}>
          Clear
        </Button>
      )}
    </search>
  );
}

function SearchBox({ text, onText }: { readonly text: string; readonly onText: (text: string) => void }) {
  const [typed, setTyped] = useState(text);
  const sent = useRef(text);
  const box = useRef<HTMLInputElement>(null);
  useShortcut({ keys: '/', what: 'Search keys', where: 'Keys' }, () => box.current?.focus());
  useEffect(() => {
    // Changed elsewhere: "Clear", or the back button.
    if (text !== sent.current) setTyped(text);
    sent.current = text;
  }, [text]);
  useEffect(() => {
    if (typed === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = typed;
      onText(typed);
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed, onText]);
  return (
    <div className="w-full sm:w-56">
      <SearchInput
        ref={box}
        label="Search keys"
        placeholder="Label, group, last characters"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
    </div>
  );
}

function StateChips({ keys, filter, onFilter }: Omit<KeyToolbarProps, 'shownCount'>) {
  const counts = new Map<KeyState, number>();
  for (const { state } of keys) counts.set(state.state, (counts.get(state.state) ?? 0) + 1);
  const present = STATES.filter((state) => counts.has(state) || filter.states.includes(state));
  if (present.length < 2 && filter.states.length === 0) return null;
  const toggle = (state: KeyState) => {
    const others = filter.states.filter((other) => other !== state);
    onFilter({
      ...filter,
      states: filter.states.includes(state) ? others : STATES.filter((one) => one === state || others.includes(one)),
    });
  };
  return (
    <fieldset className="flex flex-wrap gap-1.5">
      <legend className="sr-only">State</legend>
      {present.map((state) => (
        <Chip key={state} pressed={filter.states.includes(state)} onClick={() => toggle(state)}>
          {STATE_WORDS[state]}
          <span className="text-faint">{counts.get(state) ?? 0}</span>
        </Chip>
      ))}
    </fieldset>
  );
}

interface ChipProps {
  readonly pressed: boolean;
  readonly onClick: () => void;
  readonly label?: string;
  readonly children: ReactNode;
}

function Chip({ pressed, onClick, label, children }: ChipProps) {
  return (
    <button
      type="button"
      aria-pressed={pressed}
      aria-label={label}
      onClick={onClick}
      className={classNames(
        'inline-flex h-7 items-center gap-1.5 rounded-full border px-2.5 text-xs transition-colors duration-100 pointer-coarse:h-9',
        pressed
          ? 'border-accent bg-accent-soft text-accent'
          : 'border-line-strong bg-surface text-muted hover:text-ink',
      )}
    >
      {children}
    </button>
  );
}

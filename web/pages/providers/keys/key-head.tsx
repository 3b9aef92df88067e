import { ArrowDown, ArrowUp } from 'lucide-react';
import { classNames } from '../../../ui/class-names.ts';
import { Checkbox } from '../../../ui/switch.tsx';
import { type KeyFilter, type KeySort, nextSort } from './key-filter.ts';
import { KEY_COLUMNS } from './key-row.tsx';

interface KeyHeadProps {
  readonly filter: KeyFilter;
  readonly onFilter: (filter: KeyFilter) => void;
  readonly allSelected: boolean | 'indeterminate';
  readonly onSelectAll: (selected: boolean) => void;
}

export function KeyHead({ filter, onFilter, allSelected, onSelectAll }: KeyHeadProps) {
  const sorted = { filter, onFilter };
  return (
    <thead className="sticky top-0 z-10 block bg-surface">
      <tr aria-rowindex={1} className={classNames(KEY_COLUMNS, 'h-9 border-b border-line-strong text-xs text-faint')}>
        <th scope="col">
          <span className="sr-only">Drag</span>
        </th>
        <th scope="col" className="flex font-normal">
          <Checkbox checked={allSelected} label="Select all keys shown" onChange={onSelectAll} />
        </th>
        <SortHead {...sorted} sort="place" word="#" name="Order of use" className="text-right" />
        <SortHead {...sorted} sort="label" word="Key" />
        <SortHead {...sorted} sort="group" word="Quota group" className="hidden xl:block" />
        <SortHead {...sorted} sort="state" word="State" />
        <th scope="col" className="text-left font-normal">
          Quota
        </th>
        <SortHead {...sorted} sort="requests" word="Requests" className="text-right" />
        <SortHead {...sorted} sort="refusals" word="Refused" className="hidden text-right xl:block" />
        <SortHead {...sorted} sort="lastUsed" word="Last used" className="hidden text-right xl:block" />
        <th scope="col">
          <span className="sr-only">Acts</span>
        </th>
      </tr>
    </thead>
  );
}

interface SortHeadProps extends Pick<KeyHeadProps, 'filter' | 'onFilter'> {
  readonly sort: KeySort;
  readonly word: string;
  readonly name?: string;
  readonly className?: string;
}

function SortHead({ filter, onFilter, sort, word, name, className }: SortHeadProps) {
  const isSorted = filter.sort === sort;
  const Arrow = filter.descending ? ArrowDown : ArrowUp;
  const isPlain = sort === 'place' && !filter.descending;
  return (
    <th
      scope="col"
      aria-sort={isSorted ? (filter.descending ? 'descending' : 'ascending') : undefined}
      className={classNames('min-w-0 text-left font-normal', className)}
    >
      <button
        type="button"
        aria-label={name}
        onClick={() => onFilter(nextSort(filter, sort))}
        className={classNames(
          'inline-flex max-w-full items-center gap-0.5 rounded-sm whitespace-nowrap hover:text-ink',
          isSorted && !isPlain && 'font-medium text-ink',
        )}
      >
        {word}
        {isSorted && !isPlain && <Arrow aria-hidden size={12} />}
      </button>
    </th>
  );
}

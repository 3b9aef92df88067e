import { useDraggable } from '@dnd-kit/core';
import { GripVertical } from 'lucide-react';
import { type KeyboardEvent, memo } from 'react';
import type { KeyView } from '../../../../src/admin/contract.ts';
import { classNames } from '../../../ui/class-names.ts';
import { NumberText } from '../../../ui/number-text.tsx';
import { OriginBadge } from '../../../ui/origin-badge.tsx';
import { RelativeTime } from '../../../ui/relative-time.tsx';
import { StateBadge } from '../../../ui/state-badge.tsx';
import { Checkbox } from '../../../ui/switch.tsx';
import { Tooltip } from '../../../ui/tooltip.tsx';
import { KeyMenu } from './key-menu.tsx';
import { KeyWindows } from './key-windows.tsx';
import type { RowActs } from './row-acts.ts';

export interface KeyRowProps {
  readonly keyView: KeyView;
  readonly acts: RowActs;
  readonly rowIndex: number;
  readonly selected: boolean;
  /** The one row that Tab reaches. */
  readonly current: boolean;
  /** Why it cannot be moved; null when it can. */
  readonly fixed: string | null;
  readonly dropHalf: 'upper' | 'lower' | null;
  readonly dragged: boolean;
  /** From the top of the list, in pixels. */
  readonly start: number;
  readonly height: number;
}

/** Tailwind has to see the whole of it; head and rows share it. Below `lg` there are cards instead. */
export const KEY_COLUMNS = classNames(
  'grid items-center gap-x-2 px-3',
  'grid-cols-[16px_16px_28px_minmax(110px,1fr)_136px_256px_60px_28px]',
  'xl:grid-cols-[16px_16px_28px_minmax(120px,1fr)_minmax(84px,130px)_136px_336px_58px_56px_76px_28px]',
);

export const KeyRow = memo(function KeyRow(props: KeyRowProps) {
  const { keyView, acts, rowIndex, selected, current, fixed, dropHalf, dragged, start, height } = props;
  return (
    <tr
      aria-rowindex={rowIndex}
      aria-selected={selected}
      tabIndex={current ? 0 : -1}
      data-key-id={keyView.id}
      style={{ transform: `translateY(${start}px)`, height }}
      onKeyDown={(event) => onRowKey(event, props)}
      className={classNames(
        KEY_COLUMNS,
        'group/row absolute inset-x-0 top-0 border-b border-line focus-visible:-outline-offset-2',
        selected ? 'bg-accent-soft' : 'hover:bg-hover',
        dragged && 'opacity-40',
        dropHalf !== null &&
          'before:absolute before:inset-x-0 before:z-10 before:h-0.5 before:bg-accent before:content-[""]',
        dropHalf === 'upper' && 'before:-top-px',
        dropHalf === 'lower' && 'before:-bottom-px',
      )}
    >
      <td>
        <DragHandle keyView={keyView} fixed={fixed} />
      </td>
      <td className="flex">
        <Checkbox
          checked={selected}
          label={`Select ${keyView.label}`}
          onChange={(next) => acts.select(keyView, next, false)}
        />
      </td>
      <td className="text-right text-2xs text-faint">{keyView.place}</td>
      <td className="min-w-0">
        <KeyName keyView={keyView} acts={acts} />
      </td>
      <td className="hidden min-w-0 xl:block">
        <GroupName keyView={keyView} acts={acts} />
      </td>
      <td className="min-w-0">
        <StateBadge state={keyView.state} />
        {keyView.running > 0 && <span className="ml-1.5 text-2xs text-faint">{keyView.running} running</span>}
      </td>
      <td className="min-w-0">
        <KeyWindows keyView={keyView} />
      </td>
      <td className="text-right">
        <NumberText value={keyView.requests} short />
      </td>
      <td className={classNames('hidden text-right xl:block', keyView.refusals === 0 && 'text-faint')}>
        <NumberText value={keyView.refusals} short />
      </td>
      <td className="hidden text-right text-xs text-muted xl:block">
        <RelativeTime at={keyView.lastUsedAt} />
      </td>
      <td>
        <KeyMenu keyView={keyView} fixed={fixed} acts={acts} />
      </td>
    </tr>
  );
});

/** What a row does with keys, as long as none of its buttons has the focus for keys of its own. */
function onRowKey(event: KeyboardEvent<HTMLTableRowElement>, { keyView, acts, fixed, selected }: KeyRowProps): void {
  const isArrow = event.key === 'ArrowUp' || event.key === 'ArrowDown';
  if (event.altKey && isArrow) {
    event.preventDefault();
    if (fixed === null) acts.move(keyView, event.key === 'ArrowUp' ? 'up' : 'down');
    return;
  }
  if (event.target !== event.currentTarget || event.metaKey || event.ctrlKey || event.altKey) return;
  if (isArrow) acts.focusBeside(keyView, event.key === 'ArrowUp' ? -1 : 1);
  else if (event.key === 'Enter') acts.edit(keyView);
  else if (event.key === ' ' || event.key === 'x') acts.select(keyView, !selected, event.shiftKey);
  else if (event.key === 'Delete' && keyView.origin === 'store') acts.act(keyView, 'remove');
  else return;
  event.preventDefault();
}

export function KeyName({ keyView, acts }: Pick<KeyRowProps, 'keyView' | 'acts'>) {
  const { label, masked, origin, validity } = keyView;
  return (
    <>
      <div className="flex min-w-0 items-center gap-1.5">
        <button
          type="button"
          tabIndex={-1}
          onClick={() => acts.edit(keyView)}
          className="truncate rounded-sm text-left text-sm font-medium hover:underline hover:underline-offset-2"
        >
          {label}
        </button>
        <OriginBadge origin={origin} />
      </div>
      <div className="flex min-w-0 items-center gap-1.5 text-xs whitespace-nowrap text-faint">
        <code className="shrink-0 font-mono">{masked}</code>
        {validity?.said === 'invalid' && (
          <span title="The provider refused it when it was tested" className="truncate text-rejected">
            refused
          </span>
        )}
        {validity?.said === 'exhausted' && (
          <span title="It had no quota when it was tested" className="truncate text-exhausted">
            no quota
          </span>
        )}
      </div>
    </>
  );
}

export function GroupName({ keyView, acts }: Pick<KeyRowProps, 'keyView' | 'acts'>) {
  const { meteredIn, group } = keyView;
  if (group === null && meteredIn.sharedWithCount === 0) return <span className="text-xs text-faint">its own</span>;
  const others = meteredIn.sharedWith.join(', ');
  return (
    <Tooltip
      content={
        meteredIn.sharedWithCount === 0
          ? 'Show the keys of this quota group'
          : `One quota with ${others}${meteredIn.sharedWithCount > meteredIn.sharedWith.length ? ' and others' : ''}${meteredIn.detected ? '; found out from what the provider says' : ''}`
      }
    >
      <button
        type="button"
        onClick={() => acts.filterGroup(meteredIn.name)}
        className="max-w-full truncate rounded-sm text-xs text-muted hover:text-ink hover:underline hover:underline-offset-2"
      >
        {meteredIn.name}
        {meteredIn.sharedWithCount > 0 && <span className="text-faint"> · {meteredIn.sharedWithCount + 1} keys</span>}
      </button>
    </Tooltip>
  );
}

/** For pointers. Its twin for keyboards are Alt with an arrow on the row, and the menu. */
function DragHandle({ keyView, fixed }: Pick<KeyRowProps, 'keyView' | 'fixed'>) {
  const { setNodeRef, listeners } = useDraggable({ id: keyView.id, disabled: fixed !== null });
  return (
    <span
      ref={setNodeRef}
      {...listeners}
      title={fixed ?? 'Drag to change the order'}
      data-testid="drag-handle"
      className={classNames(
        '-ml-1 flex h-8 w-5 touch-none items-center justify-center rounded-sm text-faint',
        fixed === null ? 'cursor-grab opacity-45 group-hover/row:opacity-100' : 'cursor-not-allowed opacity-20',
      )}
    >
      <GripVertical aria-hidden size={14} />
    </span>
  );
}

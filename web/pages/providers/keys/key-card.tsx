import { memo } from 'react';
import { classNames } from '../../../ui/class-names.ts';
import { NumberText } from '../../../ui/number-text.tsx';
import { RelativeTime } from '../../../ui/relative-time.tsx';
import { StateBadge } from '../../../ui/state-badge.tsx';
import { Checkbox } from '../../../ui/switch.tsx';
import { KeyMenu } from './key-menu.tsx';
import { GroupName, KeyName, type KeyRowProps } from './key-row.tsx';
import { KeyWindows, rowHeight } from './key-windows.tsx';

type KeyCardProps = Pick<KeyRowProps, 'keyView' | 'acts' | 'selected' | 'fixed'>;

/** A row of the table where there is no room for columns. It is moved by its menu. */
export const KeyCard = memo(function KeyCard({ keyView, acts, selected, fixed }: KeyCardProps) {
  return (
    <div
      data-key-id={keyView.id}
      className={classNames(
        'flex flex-col gap-3 rounded-xl border p-3',
        selected ? 'border-accent bg-accent-soft' : 'border-line bg-surface',
      )}
    >
      <div className="flex items-start gap-3">
        <span className="pt-0.5">
          <Checkbox
            checked={selected}
            label={`Select ${keyView.label}`}
            onChange={(next) => acts.select(keyView, next, false)}
          />
        </span>
        <div className="min-w-0 flex-1">
          <KeyName keyView={keyView} acts={acts} />
        </div>
        <StateBadge state={keyView.state} />
        <KeyMenu keyView={keyView} fixed={fixed} acts={acts} />
      </div>
      <KeyWindows keyView={keyView} />
      <div className="flex flex-wrap items-baseline gap-x-4 gap-y-1 text-xs text-muted">
        <NumberText value={keyView.requests} short unit="requests" />
        <NumberText value={keyView.refusals} short unit="refusals" />
        <span>
          used <RelativeTime at={keyView.lastUsedAt} />
        </span>
        <span className="ml-auto">
          <GroupName keyView={keyView} acts={acts} />
        </span>
      </div>
    </div>
  );
});

/** In pixels, for the first layout; what it comes to is measured. */
export function cardHeight(keyView: KeyRowProps['keyView']): number {
  return rowHeight(keyView) + 110;
}

import { CircleCheck, CircleX, Copy } from 'lucide-react';
import type { AddedKey } from '../../../../src/admin/contract.ts';
import { counted } from '../../../format/numbers.ts';
import { Banner } from '../../../ui/banner.tsx';
import { Button } from '../../../ui/button.tsx';
import { savableAnyway, sayOutcome, sayReport } from './added-keys.ts';

interface AddedKeysReportProps {
  readonly report: readonly AddedKey[];
  readonly busy: boolean;
  readonly onSaveAnyway: () => void;
  readonly onMore: () => void;
  readonly onDone: () => void;
}

/** Of a long list, those that were not added are what there is to read. */
const MOST_SHOWN = 200;

export function AddedKeysReport({ report, busy, onSaveAnyway, onMore, onDone }: AddedKeysReportProps) {
  const savable = savableAnyway(report);
  return (
    <div className="flex flex-col gap-4">
      <h3 role="status" className="text-base font-semibold">
        {sayReport(report)}
      </h3>
      {savable.length > 0 && (
        <Banner
          tone="resting"
          action={
            <Button size="small" busy={busy} onClick={onSaveAnyway}>
              Save anyway
            </Button>
          }
        >
          The provider refused {counted(savable.length, 'key')}, so {savable.length === 1 ? 'it was' : 'they were'} not
          saved.
        </Banner>
      )}
      <AddedKeyList report={report} />
      <div className="flex justify-end gap-2 border-t border-line pt-4">
        <Button onClick={onMore}>Add more</Button>
        <Button kind="primary" onClick={onDone}>
          Done
        </Button>
      </div>
    </div>
  );
}

/** What came of each, what needs a look first. */
export function AddedKeyList({ report }: Pick<AddedKeysReportProps, 'report'>) {
  const sorted = report.toSorted((left, right) => RANK[left.outcome] - RANK[right.outcome]);
  return (
    <>
      <ul aria-label="What came of each key" className="divide-y divide-line rounded-lg border border-line">
        {sorted.slice(0, MOST_SHOWN).map((key, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the same key can stand in a paste twice; the list never changes order.
          <Entry key={at} entry={key} />
        ))}
      </ul>
      {sorted.length > MOST_SHOWN && (
        <p className="text-xs text-faint">and {counted(sorted.length - MOST_SHOWN, 'more key', 'more keys')}</p>
      )}
    </>
  );
}

const RANK: Readonly<Record<AddedKey['outcome'], number>> = { invalid: 0, duplicate: 1, added: 2 };

const ICONS: Readonly<Record<AddedKey['outcome'], { readonly Icon: typeof Copy; readonly tone: string }>> = {
  added: { Icon: CircleCheck, tone: 'text-ready' },
  duplicate: { Icon: Copy, tone: 'text-faint' },
  invalid: { Icon: CircleX, tone: 'text-rejected' },
};

function Entry({ entry }: { readonly entry: AddedKey }) {
  const { Icon, tone } = ICONS[entry.outcome];
  return (
    <li className="flex items-start gap-2.5 px-3 py-2 text-sm">
      <Icon aria-hidden size={15} className={`mt-0.5 shrink-0 ${tone}`} />
      <span className="min-w-0 flex-1">
        <span className="font-medium">{entry.label ?? ''}</span>{' '}
        <code className="font-mono text-xs text-faint">{entry.masked}</code>
        <span className="block text-xs text-muted">{sayOutcome(entry)}</span>
      </span>
    </li>
  );
}

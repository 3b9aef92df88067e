import { CircleAlert, Info, type LucideIcon, TriangleAlert } from 'lucide-react';
import type { NoticeView } from '../../../src/admin/contract.ts';
import { counted } from '../../format/numbers.ts';
import { RelativeTime } from '../../ui/relative-time.tsx';

const LEVELS: Readonly<
  Record<NoticeView['level'], { readonly icon: LucideIcon; readonly look: string; readonly word: string }>
> = {
  info: { icon: Info, look: 'text-faint', word: 'Note' },
  warning: { icon: TriangleAlert, look: 'text-resting', word: 'Warning' },
  error: { icon: CircleAlert, look: 'text-rejected', word: 'Problem' },
};
const MOST = 8;

export function NoticeList({ notices }: { readonly notices: readonly NoticeView[] }) {
  return (
    <section aria-labelledby="notices" className="flex flex-col gap-1">
      <h2 id="notices" className="text-sm font-semibold">
        What happened
      </h2>
      {notices.length === 0 && (
        <p className="text-sm text-muted">
          Nothing to report. Keys that rest long, are refused or share a quota appear here.
        </p>
      )}
      <ul aria-live="polite" aria-relevant="additions">
        {notices.slice(0, MOST).map(({ id, level, text, at }) => {
          const { icon: Icon, look, word } = LEVELS[level];
          return (
            <li key={id} className="flex gap-2.5 border-b border-line py-2.5 last:border-0">
              <Icon aria-label={word} size={14} className={`mt-[3px] shrink-0 ${look}`} />
              <div className="min-w-0 flex-1">
                <p className="text-sm break-words">{text}</p>
                <p className="text-xs text-faint">
                  <RelativeTime at={at} />
                </p>
              </div>
            </li>
          );
        })}
      </ul>
      {notices.length > MOST && <p className="text-xs text-faint">and {counted(notices.length - MOST, 'older one')}</p>}
    </section>
  );
}

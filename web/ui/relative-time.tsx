import { exactText, relativeText } from '../format/instants.ts';
import { useNow } from '../time/use-now.ts';
import { Tooltip } from './tooltip.tsx';

interface RelativeTimeProps {
  readonly at: number | null;
  /** For what never happened. */
  readonly never?: string;
}

/** "4 min ago", with date, time and zone on hover. */
export function RelativeTime({ at, never = 'never' }: RelativeTimeProps) {
  if (at === null) return <span className="text-faint">{never}</span>;
  return <Known at={at} />;
}

function Known({ at }: { readonly at: number }) {
  const now = useNow(1_000);
  return (
    <Tooltip content={exactText(at)}>
      <time dateTime={new Date(at).toISOString()} className="whitespace-nowrap">
        {relativeText(at, now)}
      </time>
    </Tooltip>
  );
}

import { countdownText } from '../format/durations.ts';
import { useNow } from '../time/use-now.ts';

const TENTHS_BELOW_MS = 9_900;

/** What is left until an instant of rotato's clock; nothing once it is over. Not announced while it runs. */
export function Countdown({ until }: { readonly until: number }) {
  const seconds = useNow(1_000);
  return until - seconds < TENTHS_BELOW_MS + 1_000 ? <Tenths until={until} /> : <Left ms={until - seconds} />;
}

function Tenths({ until }: { readonly until: number }) {
  return <Left ms={until - useNow(100)} />;
}

function Left({ ms }: { readonly ms: number }) {
  if (ms <= 0) return null;
  return (
    <span role="timer" aria-live="off" className="tabular-nums whitespace-nowrap">
      {countdownText(ms)}
    </span>
  );
}

import { classNames } from '../ui/class-names.ts';

const BARS = [
  { y: 3.25, share: 1 },
  { y: 8.5, share: 0.42 },
  { y: 13.75, share: 0.7 },
];

/** Three quotas being spent. */
export function Wordmark({ size = 'small' }: { readonly size?: 'small' | 'large' }) {
  const large = size === 'large';
  return (
    <span
      className={classNames(
        'inline-flex items-center font-semibold tracking-tight',
        large ? 'gap-2.5 text-xl' : 'gap-2 text-base',
      )}
    >
      <svg aria-hidden viewBox="0 0 20 20" className={large ? 'size-7' : 'size-5'}>
        {BARS.map(({ y, share }) => (
          <g key={y}>
            <rect x="1" y={y} width="18" height="3" rx="1.5" className="fill-line-strong" />
            <rect x="1" y={y} width={18 * share} height="3" rx="1.5" className="fill-accent" />
          </g>
        ))}
      </svg>
      rotato
    </span>
  );
}

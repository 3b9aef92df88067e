import { classNames } from '../../ui/class-names.ts';

interface ProviderMarkProps {
  readonly title: string;
  readonly dimmed?: boolean;
  readonly size?: 'medium' | 'small';
}

/** The first letters of a vendor: a picture of its own would have to be fetched, and is the vendor's. */
export function ProviderMark({ title, dimmed = false, size = 'medium' }: ProviderMarkProps) {
  return (
    <span
      aria-hidden
      className={classNames(
        'flex shrink-0 items-center justify-center rounded-lg border border-line bg-sunken font-semibold text-muted',
        size === 'medium' ? 'size-9 text-sm' : 'size-7 text-xs',
        dimmed && 'opacity-55',
      )}
    >
      {initials(title)}
    </span>
  );
}

function initials(title: string): string {
  const words = title.split(/[^A-Za-z0-9]+/).filter(Boolean);
  const capitals = (words[0] ?? '').replace(/[^A-Z0-9]/g, '');
  const short = capitals.length >= 2 ? capitals.slice(0, 2) : `${words[0]?.[0] ?? '?'}${words[1]?.[0] ?? ''}`;
  return short.toUpperCase();
}

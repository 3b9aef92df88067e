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

/** OpenAI is OA, Google Gemini GG, vLLM VL, Groq G. */
function initials(title: string): string {
  const [first = '?', second = ''] = title.split(/[^A-Za-z0-9]+/).filter(Boolean);
  const inner = first.slice(1).replace(/[^A-Z]/g, '');
  return `${first[0]}${inner[0] ?? second[0] ?? ''}`.toUpperCase();
}

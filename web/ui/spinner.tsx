import { LoaderCircle } from 'lucide-react';

/** Something is under way. Says nothing to screen readers: the busy element itself does (`aria-busy`). */
export function Spinner({ size = 14 }: { readonly size?: number }) {
  return <LoaderCircle aria-hidden size={size} className="animate-turn shrink-0 opacity-80" />;
}

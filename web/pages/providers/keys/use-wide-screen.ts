import { useSyncExternalStore } from 'react';

/** The theme's `lg`: from here on there is room for the table's columns. */
const WIDE = '(min-width: 1080px)';

function subscribe(listener: () => void): () => void {
  const media = matchMedia(WIDE);
  media.addEventListener('change', listener);
  return () => media.removeEventListener('change', listener);
}

export function useWideScreen(): boolean {
  return useSyncExternalStore(subscribe, () => matchMedia(WIDE).matches);
}

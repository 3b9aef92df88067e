import { CircleCheck, CircleMinus, CircleX, Hourglass, type LucideIcon } from 'lucide-react';
import type { AddedKey } from '../../../src/admin/contract.ts';
import { Badge, type Tone } from '../../ui/badge.tsx';

/** What came of each pasted key, as a word with its reason. */
export function AddedKeyList({ items }: { readonly items: readonly AddedKey[] }) {
  if (items.length === 0) return null;
  return (
    <ul aria-label="What came of each key" aria-live="polite" className="flex flex-col rounded-lg border border-line">
      {items.map((item, place) => {
        const { word, tone, icon: Icon } = verdictOn(item);
        return (
          <li
            // biome-ignore lint/suspicious/noArrayIndexKey: the same key may be in the list twice.
            key={place}
            className="flex items-center gap-3 border-b border-line px-3 py-2.5 last:border-0"
          >
            <div className="min-w-0 flex-1">
              <p className="flex items-baseline gap-2">
                <span className="truncate text-sm font-medium">{item.label ?? 'key'}</span>
                <code className="font-mono text-xs text-faint">{item.masked}</code>
              </p>
              {item.detail !== null && <p className="text-xs break-words text-muted">{item.detail}</p>}
            </div>
            <Badge tone={tone} icon={<Icon aria-hidden size={12} strokeWidth={2.25} />}>
              {word}
            </Badge>
          </li>
        );
      })}
    </ul>
  );
}

function verdictOn(item: AddedKey): { readonly word: string; readonly tone: Tone; readonly icon: LucideIcon } {
  if (item.outcome === 'duplicate') return { word: 'Had it already', tone: 'disabled', icon: CircleMinus };
  if (item.outcome === 'invalid') return { word: 'Not added', tone: 'rejected', icon: CircleX };
  if (item.validity === 'exhausted') return { word: 'Added, no quota left', tone: 'exhausted', icon: Hourglass };
  if (item.validity === 'valid') return { word: 'Valid, added', tone: 'ready', icon: CircleCheck };
  return { word: 'Added, not checked', tone: 'neutral', icon: CircleCheck };
}

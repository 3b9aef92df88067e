import { Dialog } from '../ui/dialog.tsx';
import { Shortcut } from '../ui/shortcut.tsx';
import { EVERYWHERE, useShortcutList } from './shortcuts.ts';

interface ShortcutListProps {
  readonly open: boolean;
  readonly onClose: () => void;
}

export function ShortcutList({ open, onClose }: ShortcutListProps) {
  const entries = useShortcutList();
  const headings = [...new Set([EVERYWHERE, 'Pages', ...entries.map(({ where }) => where)])];
  return (
    <Dialog open={open} onClose={onClose} title="Keyboard shortcuts">
      <div className="flex flex-col gap-5">
        {headings.map((heading) => (
          <section key={heading} className="flex flex-col">
            <h3 className="pb-1 text-xs text-faint">{heading}</h3>
            <dl>
              {entries
                .filter(({ where }) => where === heading)
                .map(({ keys, what }) => (
                  <div
                    key={keys}
                    className="flex items-center justify-between border-b border-line py-1.5 last:border-0"
                  >
                    <dt>{what}</dt>
                    <dd>
                      <Shortcut keys={keys} />
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}

const isApple = /mac|iphone|ipad/i.test(navigator.platform);

const SPELT: Readonly<Record<string, string>> = isApple
  ? { mod: '⌘', alt: '⌥', shift: '⇧', enter: '↵', up: '↑', down: '↓', escape: 'Esc' }
  : { mod: 'Ctrl', alt: 'Alt', shift: 'Shift', enter: '↵', up: '↑', down: '↓', escape: 'Esc' };

/** Keys as they stand on the reader's keyboard: `mod+k` is ⌘K or Ctrl K; `g o` is one after the other. */
export function Shortcut({ keys }: { readonly keys: string }) {
  return (
    <span className="inline-flex items-center gap-0.5">
      {keys.split(/[+ ]/).map((key) => (
        <kbd
          key={key}
          className="inline-flex h-4.5 min-w-4.5 items-center justify-center rounded-xs border border-line bg-sunken px-1 font-sans text-2xs leading-none text-muted"
        >
          {SPELT[key] ?? key.toUpperCase()}
        </kbd>
      ))}
    </span>
  );
}

import { classNames } from './class-names.ts';

/** The shape of what comes, drawn only when it takes longer than a moment: what is there at once must not flash. */
export function Loading({ lines = 3, label = 'Loading' }: { readonly lines?: number; readonly label?: string }) {
  return (
    <div role="status" className="flex animate-late flex-col gap-3 py-4">
      <span className="sr-only">{label}</span>
      {Array.from({ length: lines }, (_, line) => (
        <span
          // biome-ignore lint/suspicious/noArrayIndexKey: a line is its number.
          key={line}
          aria-hidden
          className={classNames('h-8 rounded-md bg-sunken', line % 3 === 2 ? 'w-1/2' : 'w-full')}
        />
      ))}
    </div>
  );
}

import { Tooltip as Radix } from 'radix-ui';
import type { ReactElement, ReactNode } from 'react';
import { Shortcut } from './shortcut.tsx';

interface TooltipProps {
  readonly content: ReactNode;
  readonly shortcut?: string;
  readonly side?: 'top' | 'right' | 'bottom' | 'left';
  /** One element that takes a ref and can have the focus; what the tooltip says must not be needed to use it. */
  readonly children: ReactElement;
}

export function Tooltip({ content, shortcut, side = 'top', children }: TooltipProps) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          side={side}
          sideOffset={6}
          collisionPadding={8}
          className="z-50 max-w-80 animate-appear rounded-md bg-raised px-2.5 py-1.5 text-xs text-ink shadow-float"
        >
          <span className="flex items-center gap-2">
            {content}
            {shortcut !== undefined && <Shortcut keys={shortcut} />}
          </span>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** Around the whole panel: tooltips follow each other without a delay. */
export function TooltipProvider({ children }: { readonly children: ReactNode }) {
  return (
    <Radix.Provider delayDuration={350} skipDelayDuration={200}>
      {children}
    </Radix.Provider>
  );
}

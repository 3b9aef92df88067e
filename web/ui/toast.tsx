import { CircleAlert, X } from 'lucide-react';
import { Toast as Radix } from 'radix-ui';
import { useSyncExternalStore } from 'react';
import { Button } from './button.tsx';
import { dismissToast, shownToasts, type ToastEntry, watchToasts } from './toasts.ts';

/** Around the whole panel; a toast waits while it is hovered or has the focus. */
export function Toaster() {
  const toasts = useSyncExternalStore(watchToasts, shownToasts);
  return (
    <Radix.Provider swipeDirection="down" label="Message">
      {toasts.map((toast) => (
        <Toast key={toast.id} toast={toast} />
      ))}
      <Radix.Viewport className="fixed right-0 bottom-0 z-50 flex w-full flex-col gap-2 p-4 pb-20 outline-none sm:w-[400px] md:pb-4" />
    </Radix.Provider>
  );
}

function Toast({ toast }: { readonly toast: ToastEntry }) {
  const { id, title, detail, tone, undo, durationMs } = toast;
  return (
    <Radix.Root
      duration={durationMs}
      onOpenChange={(open) => open || dismissToast(id)}
      className="flex animate-rise items-center gap-3 rounded-lg bg-raised py-2.5 pr-2 pl-4 shadow-float"
    >
      {tone === 'problem' && <CircleAlert aria-hidden size={16} className="shrink-0 text-rejected" />}
      <div className="min-w-0 flex-1">
        <Radix.Title className="text-sm font-medium break-words">{title}</Radix.Title>
        {detail !== undefined && (
          <Radix.Description className="text-xs break-words text-muted">{detail}</Radix.Description>
        )}
      </div>
      {undo !== undefined && (
        <Radix.Action asChild altText={`${undo.label}: ${title}`}>
          <Button size="small" onClick={undo.act}>
            {undo.label}
          </Button>
        </Radix.Action>
      )}
      <Radix.Close
        aria-label="Dismiss"
        className="inline-flex size-7 items-center justify-center rounded-md text-faint hover:bg-hover hover:text-ink"
      >
        <X aria-hidden size={14} />
      </Radix.Close>
    </Radix.Root>
  );
}

import { CircleAlert, X } from 'lucide-react';
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { Button } from './button.tsx';
import { dismissToast, shownToasts, type ToastEntry, watchToasts } from './toasts.ts';

/** Beside the whole panel. Toasts stay for as long as one of them is hovered or has the focus. */
export function Toaster() {
  const toasts = useSyncExternalStore(watchToasts, shownToasts);
  const [held, setHeld] = useState(false);
  return (
    <section
      aria-label="Notifications"
      // A dialog hides from screen readers what is beside it, but for what is live.
      aria-live="polite"
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
      className="pointer-events-none fixed right-0 bottom-0 z-50 w-full p-4 pb-20 sm:w-[400px] md:pb-4"
    >
      <ol className="flex flex-col gap-2">
        {toasts.map((toast) => (
          <Toast key={toast.id} toast={toast} held={held} />
        ))}
      </ol>
    </section>
  );
}

function Toast({ toast, held }: { readonly toast: ToastEntry; readonly held: boolean }) {
  const { id, title, detail, tone, undo, durationMs } = toast;
  useExpiry(id, durationMs, held);
  return (
    <li
      role={tone === 'problem' ? 'alert' : 'status'}
      className="pointer-events-auto flex animate-rise items-center gap-3 rounded-lg bg-raised py-2.5 pr-2 pl-4 shadow-float"
    >
      {tone === 'problem' && <CircleAlert aria-hidden size={16} className="shrink-0 text-rejected" />}
      <div className="min-w-0 flex-1">
        <p className="text-sm font-medium break-words">{title}</p>
        {detail !== undefined && <p className="text-xs break-words text-muted">{detail}</p>}
      </div>
      {undo !== undefined && (
        <Button
          size="small"
          onClick={() => {
            dismissToast(id);
            undo.act();
          }}
        >
          {undo.label}
        </Button>
      )}
      <button
        type="button"
        aria-label="Dismiss"
        onClick={() => dismissToast(id)}
        className="inline-flex size-7 items-center justify-center rounded-md text-faint hover:bg-hover hover:text-ink"
      >
        <X aria-hidden size={14} />
      </button>
    </li>
  );
}

/** Counts only the time in which nobody holds it. */
function useExpiry(id: number, durationMs: number, held: boolean): void {
  const leftMs = useRef(durationMs);
  useEffect(() => {
    if (held) return;
    const startedAt = performance.now();
    const timer = setTimeout(() => dismissToast(id), leftMs.current);
    return () => {
      clearTimeout(timer);
      leftMs.current -= performance.now() - startedAt;
    };
  }, [id, held]);
}

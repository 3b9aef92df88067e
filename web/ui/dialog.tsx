import { X } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import { type ReactNode, useState } from 'react';
import { Button } from './button.tsx';
import { classNames } from './class-names.ts';
import { Field, TextInput } from './field.tsx';

const VEIL = 'fixed inset-0 z-40 animate-appear bg-(--veil)';
const CLOSE = classNames(
  'absolute top-3 right-3 inline-flex size-8 items-center justify-center rounded-md text-faint',
  'hover:bg-hover hover:text-ink pointer-coarse:size-10',
);

interface DialogProps {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly title: ReactNode;
  readonly description?: ReactNode;
  readonly children?: ReactNode;
  /** The acts, at the end; the one that goes ahead last. */
  readonly footer?: ReactNode;
  readonly width?: 'narrow' | 'wide';
  /** For what would lose something typed: a press outside does not close it. */
  readonly keepOpen?: boolean;
}

/** On a phone it comes from below and takes the width. */
export function Dialog(props: DialogProps) {
  return (
    <Modal
      {...props}
      className={classNames(
        'fixed z-40 flex flex-col bg-raised shadow-modal outline-none',
        'inset-x-0 bottom-0 max-h-[92dvh] animate-rise rounded-t-xl',
        'sm:inset-x-auto sm:bottom-auto sm:top-[12dvh] sm:left-1/2 sm:max-h-[76dvh] sm:-translate-x-1/2',
        'sm:animate-appear sm:rounded-xl',
        props.width === 'wide' ? 'sm:w-[min(680px,calc(100vw-48px))]' : 'sm:w-[440px]',
      )}
    />
  );
}

/** A drawer at the right: what belongs to one thing of the page behind it. Its being open belongs into the URL. */
export function Sheet(props: DialogProps) {
  return (
    <Modal
      {...props}
      onOpenAutoFocus={focusSheetItself}
      className={classNames(
        'fixed inset-y-0 right-0 z-40 flex w-full animate-slide-in flex-col bg-raised shadow-modal outline-none',
        'sm:inset-y-2 sm:right-2 sm:rounded-xl',
        props.width === 'wide' ? 'sm:w-[min(640px,calc(100vw-48px))]' : 'sm:w-[440px]',
      )}
    />
  );
}

interface ModalProps extends DialogProps {
  readonly className: string;
  readonly onOpenAutoFocus?: (event: Event) => void;
}

function Modal({ open, onClose, keepOpen = false, className, onOpenAutoFocus, ...content }: ModalProps) {
  return (
    <Radix.Root open={open} onOpenChange={(next) => next || onClose()}>
      <Radix.Portal>
        <Radix.Overlay className={VEIL} />
        <Radix.Content
          {...(content.description === undefined ? { 'aria-describedby': undefined } : {})}
          onPointerDownOutside={(event) => keepOpen && event.preventDefault()}
          {...(onOpenAutoFocus === undefined ? {} : { onOpenAutoFocus })}
          className={className}
        >
          <ModalParts {...content} />
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** What comes first in a sheet is there to be read: with the focus, it would open its tooltip. */
function focusSheetItself(event: Event): void {
  event.preventDefault();
  if (event.currentTarget instanceof HTMLElement) event.currentTarget.focus();
}

function ModalParts({ title, description, children, footer }: Omit<DialogProps, 'open' | 'onClose'>) {
  return (
    <>
      <header className="flex flex-col gap-1 px-5 pt-5 pr-14 pb-4">
        <Radix.Title className="text-lg font-semibold tracking-tight">{title}</Radix.Title>
        {description !== undefined && (
          <Radix.Description className="text-sm text-muted">{description}</Radix.Description>
        )}
      </header>
      {children !== undefined && <div className="min-h-0 flex-1 overflow-y-auto px-5 pb-5">{children}</div>}
      {footer !== undefined && (
        <footer className="flex flex-wrap justify-end gap-2 border-t border-line px-5 py-3 pb-[max(12px,env(safe-area-inset-bottom))]">
          {footer}
        </footer>
      )}
      <Radix.Close className={CLOSE} aria-label="Close">
        <X aria-hidden size={16} />
      </Radix.Close>
    </>
  );
}

interface ConfirmDialogProps {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly title: string;
  /** What will happen, and what will not come back. */
  readonly description: ReactNode;
  /** The verb: "Delete provider". */
  readonly act: string;
  readonly onConfirm: () => void;
  readonly busy?: boolean;
  /** Has to be typed first: for what takes many things with it. */
  readonly typeToConfirm?: string;
}

export function ConfirmDialog({ act, onConfirm, busy = false, typeToConfirm, ...dialog }: ConfirmDialogProps) {
  const [typed, setTyped] = useState('');
  const ready = typeToConfirm === undefined || typed === typeToConfirm;
  return (
    <Dialog
      {...dialog}
      footer={
        <>
          <Button onClick={dialog.onClose}>Cancel</Button>
          <Button kind="danger" disabled={!ready} busy={busy} onClick={onConfirm}>
            {act}
          </Button>
        </>
      }
    >
      {typeToConfirm !== undefined && (
        <Field label={`Type "${typeToConfirm}" to go ahead`}>
          {(control) => <TextInput {...control} value={typed} onChange={(event) => setTyped(event.target.value)} />}
        </Field>
      )}
    </Dialog>
  );
}

import {
  type InputHTMLAttributes,
  type ReactNode,
  type Ref,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useId,
} from 'react';
import { classNames } from './class-names.ts';

/** What a control inside a field must carry, so that its label, hint and error are read with it. */
export interface ControlProps {
  readonly id: string;
  readonly 'aria-describedby': string | undefined;
  readonly 'aria-invalid': true | undefined;
}

/** Of the label of the control with this id, for controls whose name holds their value as well. */
export function labelIdOf(id: string): string {
  return `${id}-label`;
}

interface FieldProps {
  readonly label: ReactNode;
  /** Below the control, always. */
  readonly hint?: ReactNode;
  /** In place of the hint; says what to do. */
  readonly error?: string | undefined;
  /** At the end of the label's line: "optional", a link. */
  readonly aside?: ReactNode;
  readonly className?: string;
  /** @example <Field label="Name">{(control) => <TextInput {...control} value={name} />}</Field> */
  readonly children: (control: ControlProps) => ReactNode;
}

export function Field({ label, hint, error, aside, className, children }: FieldProps) {
  const id = useId();
  const noteId = `${id}-note`;
  const note = error ?? hint;
  const control: ControlProps = {
    id,
    'aria-describedby': note === undefined ? undefined : noteId,
    'aria-invalid': error === undefined ? undefined : true,
  };
  return (
    <div className={classNames('flex flex-col gap-1.5', className)}>
      <div className="flex items-baseline justify-between gap-2">
        <label id={labelIdOf(id)} htmlFor={id} className="text-sm font-medium">
          {label}
        </label>
        {aside !== undefined && <span className="text-xs text-faint">{aside}</span>}
      </div>
      {children(control)}
      {note !== undefined && (
        <p
          id={noteId}
          role={error === undefined ? undefined : 'alert'}
          className={classNames('text-xs', error === undefined ? 'text-faint' : 'text-rejected')}
        >
          {note}
        </p>
      )}
    </div>
  );
}

const CONTROL = classNames(
  'w-full rounded-md border border-line-strong bg-surface px-2.5 text-sm text-ink transition-colors duration-100',
  'hover:border-faint focus-visible:border-accent focus-visible:outline-1 focus-visible:outline-offset-0',
  'aria-invalid:border-rejected-fill disabled:bg-sunken disabled:text-muted pointer-coarse:text-lg',
);

export function TextInput({
  className,
  ...rest
}: InputHTMLAttributes<HTMLInputElement> & { readonly ref?: Ref<HTMLInputElement> }) {
  return (
    <input
      autoComplete="off"
      spellCheck={false}
      {...rest}
      className={classNames(CONTROL, 'h-8 pointer-coarse:h-10', className)}
    />
  );
}

export function TextArea({
  className,
  ...rest
}: TextareaHTMLAttributes<HTMLTextAreaElement> & { readonly ref?: Ref<HTMLTextAreaElement> }) {
  return <textarea spellCheck={false} {...rest} className={classNames(CONTROL, 'min-h-20 py-2', className)} />;
}

/** The system's own select: for long lists on a phone, and where many stand in one form. */
export function NativeSelect({ className, ...rest }: SelectHTMLAttributes<HTMLSelectElement>) {
  return <select {...rest} className={classNames(CONTROL, 'h-8 pr-7 pointer-coarse:h-10', className)} />;
}

import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import { classNames } from './class-names.ts';
import { Spinner } from './spinner.tsx';

export type ButtonKind = 'primary' | 'secondary' | 'quiet' | 'danger';

const LOOKS: Readonly<Record<ButtonKind, string>> = {
  primary: 'bg-accent text-on-accent hover:bg-accent-strong',
  secondary: 'bg-surface text-ink border border-line-strong hover:bg-sunken',
  quiet: 'text-muted hover:bg-hover hover:text-ink',
  danger: 'bg-surface text-rejected border border-line-strong hover:bg-rejected-soft',
};

const SIZES = { small: 'h-7 px-2.5 text-xs', medium: 'h-8 px-3 text-sm', large: 'h-10 px-4 text-base' } as const;

/** For links that look like a button. */
export function buttonClasses(kind: ButtonKind = 'secondary', size: keyof typeof SIZES = 'medium'): string {
  return classNames(
    'inline-flex shrink-0 select-none items-center justify-center gap-1.5 rounded-md font-medium whitespace-nowrap',
    'transition-colors duration-100 pointer-coarse:min-h-10',
    'disabled:opacity-50 disabled:pointer-events-none aria-disabled:opacity-50',
    SIZES[size],
    LOOKS[kind],
  );
}

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly kind?: ButtonKind;
  readonly size?: keyof typeof SIZES;
  /** Shows that its act is under way, and takes no second press meanwhile. */
  readonly busy?: boolean;
  readonly icon?: ReactNode;
  readonly ref?: Ref<HTMLButtonElement>;
}

export function Button({ kind, size, busy = false, icon, className, children, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      disabled={rest.disabled === true || busy}
      aria-busy={busy || undefined}
      className={classNames(buttonClasses(kind, size), className)}
    >
      {busy ? <Spinner /> : icon}
      {children}
    </button>
  );
}

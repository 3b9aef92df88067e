import { useEffect, useRef } from 'react';
import { classNames } from './class-names.ts';

interface SwitchProps {
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  /** Where no label of a `Field` names it. */
  readonly label?: string;
  readonly id?: string;
  readonly disabled?: boolean;
  readonly 'aria-describedby'?: string | undefined;
  readonly 'aria-invalid'?: true | undefined;
}

export function Switch({ checked, onChange, label, ...rest }: SwitchProps) {
  return (
    <input
      {...rest}
      type="checkbox"
      role="switch"
      aria-checked={checked}
      aria-label={label}
      checked={checked}
      onChange={(event) => onChange(event.target.checked)}
      className={classNames(
        'relative h-5 w-9 shrink-0 cursor-pointer appearance-none rounded-full bg-faint transition-colors duration-150',
        'checked:bg-accent disabled:cursor-default disabled:opacity-50',
        "before:absolute before:top-0.5 before:left-0.5 before:size-4 before:rounded-full before:bg-surface before:content-['']",
        'before:transition-transform before:duration-150 before:ease-glide checked:before:translate-x-4',
      )}
    />
  );
}

interface CheckboxProps extends Omit<SwitchProps, 'checked'> {
  readonly checked: boolean | 'indeterminate';
}

/** Larger to the finger than to the eye. */
export function Checkbox({ checked, onChange, label, ...rest }: CheckboxProps) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (input.current !== null) input.current.indeterminate = checked === 'indeterminate';
  }, [checked]);
  return (
    <span className="relative inline-flex size-4 shrink-0">
      <input
        {...rest}
        ref={input}
        type="checkbox"
        aria-label={label}
        checked={checked === true}
        onChange={(event) => onChange(event.target.checked)}
        className={classNames(
          'peer size-4 cursor-pointer appearance-none rounded-xs border border-faint bg-surface',
          'checked:border-accent checked:bg-accent indeterminate:border-accent indeterminate:bg-accent',
          'disabled:cursor-default disabled:opacity-50',
          "before:absolute before:-inset-2 before:content-['']",
        )}
      />
      <svg
        aria-hidden="true"
        viewBox="0 0 16 16"
        className="pointer-events-none absolute inset-0 hidden fill-none stroke-on-accent stroke-2 peer-checked:block peer-indeterminate:block"
      >
        <path
          d={checked === 'indeterminate' ? 'M4.5 8h7' : 'm4 8.2 2.7 2.8L12 5.4'}
          strokeLinecap="round"
          strokeLinejoin="round"
        />
      </svg>
    </span>
  );
}

import { Check, Minus } from 'lucide-react';
import { Checkbox as RadixCheckbox, Switch as RadixSwitch } from 'radix-ui';
import { classNames } from './class-names.ts';

interface SwitchProps {
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  /** Where no label of a `Field` names it. */
  readonly label?: string;
  readonly id?: string;
  readonly disabled?: boolean;
  readonly 'aria-describedby'?: string | undefined;
}

export function Switch({ checked, onChange, label, ...rest }: SwitchProps) {
  return (
    <RadixSwitch.Root
      {...rest}
      checked={checked}
      onCheckedChange={onChange}
      aria-label={label}
      className={classNames(
        'relative h-5 w-8.5 shrink-0 rounded-full bg-line-strong transition-colors duration-150',
        'data-[state=checked]:bg-accent disabled:opacity-50',
      )}
    >
      <RadixSwitch.Thumb
        className={classNames(
          'block size-4 translate-x-0.5 rounded-full bg-surface shadow-float transition-transform duration-150 ease-glide',
          'data-[state=checked]:translate-x-4',
        )}
      />
    </RadixSwitch.Root>
  );
}

interface CheckboxProps extends Omit<SwitchProps, 'checked'> {
  readonly checked: boolean | 'indeterminate';
}

export function Checkbox({ checked, onChange, label, ...rest }: CheckboxProps) {
  return (
    <RadixCheckbox.Root
      {...rest}
      checked={checked}
      onCheckedChange={(next) => onChange(next === true)}
      aria-label={label}
      className={classNames(
        'relative flex size-4 shrink-0 items-center justify-center rounded-xs border border-faint bg-surface',
        'data-[state=checked]:border-accent data-[state=checked]:bg-accent data-[state=checked]:text-on-accent',
        'data-[state=indeterminate]:border-accent data-[state=indeterminate]:bg-accent',
        'data-[state=indeterminate]:text-on-accent disabled:opacity-50',
        "before:absolute before:-inset-2 before:content-['']",
      )}
    >
      <RadixCheckbox.Indicator>
        {checked === 'indeterminate' ? <Minus aria-hidden size={12} /> : <Check aria-hidden size={12} />}
      </RadixCheckbox.Indicator>
    </RadixCheckbox.Root>
  );
}

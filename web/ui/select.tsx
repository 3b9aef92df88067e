import { Check, ChevronDown } from 'lucide-react';
import { Select as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import { readNonce } from '../nonce.ts';
import { classNames } from './class-names.ts';
import { MENU_ITEM, MENU_SURFACE } from './menu.tsx';

export interface SelectOption<Value extends string> {
  readonly value: Value;
  readonly label: string;
  /** A second line, where a word is not enough. */
  readonly hint?: string;
  readonly icon?: ReactNode;
}

interface SelectProps<Value extends string> {
  readonly value: Value;
  readonly options: readonly SelectOption<Value>[];
  readonly onChange: (value: Value) => void;
  /** Where no label of a `Field` names it. */
  readonly label?: string;
  readonly id?: string;
  readonly disabled?: boolean;
  /** `quiet` has no border: for the head of a page. */
  readonly look?: 'field' | 'quiet';
  readonly className?: string;
  readonly 'aria-describedby'?: string | undefined;
  readonly 'aria-invalid'?: true | undefined;
}

export function Select<Value extends string>(props: SelectProps<Value>) {
  const { value, options, onChange, label, look = 'field', className, disabled = false, ...control } = props;
  return (
    <Radix.Root value={value} onValueChange={(next) => onChange(next as Value)} disabled={disabled}>
      <Radix.Trigger
        {...control}
        aria-label={label}
        className={classNames(
          'inline-flex h-8 items-center justify-between gap-2 rounded-md text-sm transition-colors duration-100',
          'disabled:opacity-50 pointer-coarse:h-10',
          look === 'quiet'
            ? 'px-2 text-muted hover:bg-hover hover:text-ink'
            : 'border border-line-strong bg-surface px-2.5 hover:border-faint aria-invalid:border-rejected-fill',
          className,
        )}
      >
        <span className="truncate">
          <Radix.Value />
        </span>
        <ChevronDown aria-hidden size={14} className="shrink-0 text-faint" />
      </Radix.Trigger>
      <Radix.Portal>
        <Radix.Content position="popper" sideOffset={4} collisionPadding={8} className={MENU_SURFACE}>
          <Radix.Viewport
            nonce={readNonce()}
            className="max-h-[min(360px,var(--radix-select-content-available-height))]"
          >
            {options.map((option) => (
              <Option key={option.value} {...option} />
            ))}
          </Radix.Viewport>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

function Option({ value, label, hint, icon }: SelectOption<string>) {
  return (
    <Radix.Item value={value} className={classNames(MENU_ITEM, 'pr-8')}>
      {icon}
      <span className="flex flex-col">
        <Radix.ItemText>{label}</Radix.ItemText>
        {hint !== undefined && <span className="text-xs text-faint">{hint}</span>}
      </span>
      <Radix.ItemIndicator className="absolute right-2">
        <Check aria-hidden size={14} />
      </Radix.ItemIndicator>
    </Radix.Item>
  );
}

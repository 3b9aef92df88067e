import { Check } from 'lucide-react';
import { DropdownMenu as Radix } from 'radix-ui';
import type { ReactElement, ReactNode } from 'react';
import { classNames } from './class-names.ts';
import { Shortcut } from './shortcut.tsx';

export const MENU_SURFACE = 'z-50 min-w-44 max-w-80 animate-pop rounded-lg bg-raised p-1 text-sm shadow-float';
export const MENU_ITEM = classNames(
  'relative flex cursor-pointer select-none items-center gap-2 rounded-sm px-2 py-1.5 outline-none',
  'data-[highlighted]:bg-hover data-[disabled]:pointer-events-none data-[disabled]:opacity-45 pointer-coarse:py-2.5',
);

interface MenuProps {
  /** The button that opens it. */
  readonly trigger: ReactElement;
  readonly children: ReactNode;
  readonly align?: 'start' | 'end';
  readonly label?: string;
}

export function Menu({ trigger, children, align = 'end', label }: MenuProps) {
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content align={align} sideOffset={4} collisionPadding={8} aria-label={label} className={MENU_SURFACE}>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

interface MenuItemProps {
  readonly children: ReactNode;
  readonly onSelect: () => void;
  readonly icon?: ReactNode;
  readonly shortcut?: string;
  readonly danger?: boolean;
  readonly disabled?: boolean;
  /** Says why it is disabled, or what it will do. */
  readonly hint?: string;
}

export function MenuItem({
  children,
  onSelect,
  icon,
  shortcut,
  danger = false,
  disabled = false,
  hint,
}: MenuItemProps) {
  return (
    <Radix.Item
      onSelect={onSelect}
      disabled={disabled}
      className={classNames(MENU_ITEM, danger && 'text-rejected data-[highlighted]:bg-rejected-soft')}
    >
      <span className={classNames('shrink-0', danger ? 'text-rejected' : 'text-faint')}>{icon}</span>
      <span className="flex flex-1 flex-col">
        {children}
        {hint !== undefined && <span className="text-xs text-faint">{hint}</span>}
      </span>
      {shortcut !== undefined && <Shortcut keys={shortcut} />}
    </Radix.Item>
  );
}

interface MenuChoiceProps<Value extends string> {
  readonly value: Value;
  readonly options: readonly {
    readonly value: Value;
    readonly label: string;
    readonly hint?: string;
    readonly icon?: ReactNode;
  }[];
  readonly onChange: (value: Value) => void;
}

/** One of several, with a tick at the one that holds. */
export function MenuChoice<Value extends string>({ value, options, onChange }: MenuChoiceProps<Value>) {
  return (
    <Radix.RadioGroup value={value} onValueChange={(next) => onChange(next as Value)}>
      {options.map((option) => (
        <Radix.RadioItem key={option.value} value={option.value} className={classNames(MENU_ITEM, 'pr-8')}>
          {option.icon !== undefined && <span className="shrink-0 text-faint">{option.icon}</span>}
          <span className="flex flex-col">
            {option.label}
            {option.hint !== undefined && <span className="text-xs text-faint">{option.hint}</span>}
          </span>
          <Radix.ItemIndicator className="absolute right-2">
            <Check aria-hidden size={14} />
          </Radix.ItemIndicator>
        </Radix.RadioItem>
      ))}
    </Radix.RadioGroup>
  );
}

export function MenuLabel({ children }: { readonly children: ReactNode }) {
  return <Radix.Label className="px-2 pt-1.5 pb-1 text-xs text-faint">{children}</Radix.Label>;
}

export function MenuSeparator() {
  return <Radix.Separator className="-mx-1 my-1 h-px bg-line" />;
}

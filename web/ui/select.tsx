import { ChevronDown } from 'lucide-react';
import { DropdownMenu as Radix } from 'radix-ui';
import { type ReactNode, useId } from 'react';
import { classNames } from './class-names.ts';
import { labelIdOf } from './field.tsx';
import { MENU_SURFACE, MenuChoice } from './menu.tsx';

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

/** A button that says what is chosen, over a menu of which one holds. It is called by its label and its value. */
export function Select<Value extends string>(props: SelectProps<Value>) {
  const { value, options, onChange, label, look = 'field', className, disabled = false, id: given, ...control } = props;
  const own = useId();
  const id = given ?? own;
  const shown = options.find((option) => option.value === value)?.label ?? value;
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger
        {...control}
        id={id}
        disabled={disabled}
        {...(label === undefined
          ? { 'aria-labelledby': `${labelIdOf(id)} ${id}` }
          : { 'aria-label': `${label}: ${shown}` })}
        className={classNames(
          'inline-flex h-8 items-center justify-between gap-2 rounded-md text-sm transition-colors duration-100',
          'disabled:opacity-50 pointer-coarse:h-10',
          look === 'quiet'
            ? 'px-2 text-muted hover:bg-hover hover:text-ink data-[state=open]:bg-hover'
            : 'border border-line-strong bg-surface px-2.5 hover:border-faint aria-invalid:border-rejected-fill',
          className,
        )}
      >
        <span className="truncate">{shown}</span>
        <ChevronDown aria-hidden size={14} className="shrink-0 text-faint" />
      </Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          align="start"
          sideOffset={4}
          collisionPadding={8}
          className={classNames(
            MENU_SURFACE,
            'max-h-[min(400px,var(--radix-dropdown-menu-content-available-height))] min-w-(--radix-dropdown-menu-trigger-width) overflow-y-auto',
          )}
        >
          <MenuChoice value={value} options={options} onChange={onChange} />
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

import { Tabs as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';

interface Tab<Value extends string> {
  readonly value: Value;
  readonly label: ReactNode;
  readonly content: ReactNode;
}

interface TabsProps<Value extends string> {
  readonly value: Value;
  readonly onChange: (value: Value) => void;
  readonly label: string;
  readonly tabs: readonly Tab<Value>[];
  /** `page`: under the title of a page. `panel`: small, at the head of a panel. */
  readonly look?: 'page' | 'panel';
}

export function Tabs<Value extends string>({ value, onChange, label, tabs, look = 'page' }: TabsProps<Value>) {
  return (
    <Radix.Root value={value} onValueChange={(next) => onChange(next as Value)}>
      <Radix.List
        aria-label={label}
        className={classNames('flex gap-4 overflow-x-auto border-b border-line', look === 'panel' && 'px-4')}
      >
        {tabs.map((tab) => (
          <Radix.Trigger
            key={tab.value}
            value={tab.value}
            className={classNames(
              '-mb-px shrink-0 border-b-2 border-transparent text-sm text-muted hover:text-ink',
              'focus-visible:-outline-offset-2 data-[state=active]:border-ink data-[state=active]:text-ink',
              look === 'page' ? 'py-2.5 font-medium' : 'py-2',
            )}
          >
            {tab.label}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {tabs.map((tab) => (
        <Radix.Content key={tab.value} value={tab.value} className="outline-none">
          {tab.content}
        </Radix.Content>
      ))}
    </Radix.Root>
  );
}

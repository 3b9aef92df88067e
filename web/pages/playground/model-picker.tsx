import { Command } from 'cmdk';
import { Check, ChevronDown } from 'lucide-react';
import { Popover } from 'radix-ui';
import { useState } from 'react';
import { useModels } from '../../api/queries.ts';
import { classNames } from '../../ui/class-names.ts';
import { MENU_ITEM } from '../../ui/menu.tsx';

interface ModelPickerProps {
  readonly provider: string;
  readonly value: string;
  readonly onChange: (model: string) => void;
}

const HIGHLIGHT = 'data-[selected=true]:bg-hover';

/** What the provider says it serves, or any name typed: not every provider tells. */
export function ModelPicker({ provider, value, onChange }: ModelPickerProps) {
  const [open, setOpen] = useState(false);
  const [query, setQuery] = useState('');
  const models = useModels(provider);
  const names = (models.data?.models ?? []).map((name) => name.replace(/^models\//, ''));
  const pick = (model: string) => {
    onChange(model);
    setOpen(false);
    setQuery('');
  };
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger
        aria-label={`Model: ${value}`}
        className="inline-flex h-8 min-w-0 max-w-72 items-center gap-2 rounded-md border border-line-strong bg-surface px-2.5 text-sm hover:border-faint pointer-coarse:h-10"
      >
        <span className="truncate">{value}</span>
        <ChevronDown aria-hidden size={14} className="shrink-0 text-faint" />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          align="start"
          sideOffset={4}
          collisionPadding={8}
          aria-label="Models"
          className="z-50 w-80 animate-pop overflow-hidden rounded-lg bg-raised text-sm shadow-float outline-none"
        >
          <Command label="Model" loop>
            <Command.Input
              value={query}
              onValueChange={setQuery}
              placeholder="Find a model, or type its name…"
              className="h-9 w-full border-b border-line bg-transparent px-3 outline-none"
            />
            <Command.List className="max-h-72 overflow-y-auto p-1">
              {names.map((name) => (
                <Command.Item
                  key={name}
                  value={name}
                  onSelect={() => pick(name)}
                  className={classNames(MENU_ITEM, HIGHLIGHT)}
                >
                  <span className="flex-1 truncate">{name}</span>
                  {name === value && <Check aria-hidden size={14} />}
                </Command.Item>
              ))}
              {query !== '' && !names.includes(query) && (
                <Command.Item
                  value={`use ${query}`}
                  onSelect={() => pick(query)}
                  className={classNames(MENU_ITEM, HIGHLIGHT)}
                >
                  Use “{query}”
                </Command.Item>
              )}
              <p className="px-2 py-1.5 text-xs text-faint empty:hidden">
                {models.isPending ? 'Asking the provider…' : (models.data?.error ?? models.error?.message)}
              </p>
            </Command.List>
          </Command>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

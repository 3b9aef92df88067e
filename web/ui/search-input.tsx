import { Search } from 'lucide-react';
import type { ComponentProps } from 'react';
import { TextInput } from './field.tsx';

type SearchInputProps = Omit<ComponentProps<typeof TextInput>, 'type' | 'aria-label' | 'className'> & {
  readonly label: string;
};

/** As wide as what it stands in. Without a placeholder of its own it shows its label. */
export function SearchInput({ label, ...rest }: SearchInputProps) {
  return (
    <div className="relative">
      <Search
        aria-hidden
        size={14}
        className="pointer-events-none absolute top-1/2 left-2.5 -translate-y-1/2 text-faint"
      />
      <TextInput placeholder={label} {...rest} type="search" aria-label={label} className="pl-8" />
    </div>
  );
}

import { type ComponentProps, useState } from 'react';
import type { ProviderView } from '../../../src/admin/contract.ts';
import { CodeBlock } from '../../ui/code-block.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import type { SnippetContext, SnippetCredential } from './snippet.ts';
import { snippetsFor } from './snippets.ts';

interface SnippetTabsProps extends Required<Pick<ComponentProps<typeof Tabs>, 'label' | 'look'>> {
  readonly context: SnippetContext;
}

/** How to make a call, one tab a language; the reader's choice stays while what it says changes. */
export function SnippetTabs({ context, label, look }: SnippetTabsProps) {
  const snippets = snippetsFor(context);
  const [chosen, setChosen] = useState('curl');
  const shown = snippets.some(({ id }) => id === chosen) ? chosen : (snippets[0]?.id ?? '');
  return (
    <Tabs
      look={look}
      label={label}
      value={shown}
      onChange={setChosen}
      tabs={snippets.map(({ id, title, code, needs }) => ({
        value: id,
        label: title,
        content: (
          <div className="flex flex-col gap-2 pt-3">
            <CodeBlock code={code} what={`${title} snippet`} />
            {needs !== null && <p className="text-xs text-faint">{needs}</p>}
          </div>
        ),
      }))}
    />
  );
}

export function snippetContextOf(
  { name, settings }: ProviderView,
  model: string,
  credential: SnippetCredential,
): SnippetContext {
  return {
    origin: location.origin,
    provider: name,
    wire: settings.wire,
    preset: settings.preset,
    upstream: settings.baseUrl,
    model,
    credential,
  };
}

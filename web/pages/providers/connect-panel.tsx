import { useState } from 'react';
import { Link } from 'wouter';
import type { ProviderView } from '../../../src/admin/contract.ts';
import { useModels, useSettings } from '../../api/queries.ts';
import { Banner } from '../../ui/banner.tsx';
import { CodeBlock } from '../../ui/code-block.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Field, TextInput } from '../../ui/field.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { baseUrlOf, KEY_VARIABLE, pickModel, type SnippetContext, snippetsFor, usualModel } from './snippets.ts';

/** How to call the provider through rotato, ready to be pasted. */
export function ConnectPanel({ provider }: { readonly provider: ProviderView }) {
  const { data: settings } = useSettings();
  const models = useModels(provider.shadowed || !provider.enabled ? null : provider.name).data?.models ?? [];
  const { wire, preset, baseUrl } = provider.settings;
  const [typed, setTyped] = useState<string | null>(null);
  const model = typed ?? pickModel(models, usualModel(preset, wire));
  const asksForKey = settings?.access === 'keys';
  const context: SnippetContext = {
    origin: location.origin,
    provider: provider.name,
    wire,
    preset,
    upstream: baseUrl,
    model,
    credential: asksForKey ? { kind: 'variable' } : { kind: 'none' },
  };
  return (
    <div className="flex max-w-[820px] flex-col gap-6">
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="Base URL" hint="In place of the vendor’s own address.">
          {(control) => (
            <div className="flex items-center gap-2">
              <TextInput {...control} readOnly value={baseUrlOf(context)} className="font-mono text-xs" />
              <CopyButton text={baseUrlOf(context)} what="base URL" />
            </div>
          )}
        </Field>
        <Field
          label="Model"
          hint={
            models.length === 0
              ? 'Stands in the snippets below.'
              : `One of the ${models.length} that ${provider.name} lists.`
          }
        >
          {(control) => (
            <>
              <TextInput
                {...control}
                list="connect-models"
                value={model}
                onChange={(event) => setTyped(event.target.value)}
              />
              <datalist id="connect-models">
                {models.map((name) => (
                  <option key={name} value={name.replace(/^models\//, '')} />
                ))}
              </datalist>
            </>
          )}
        </Field>
      </div>
      {asksForKey && (
        <Banner>
          Callers present a client key.{' '}
          <Link href="/clients?new=1" className="text-accent underline underline-offset-2">
            Create one
          </Link>
          , and put it into <code className="font-mono text-xs">{KEY_VARIABLE}</code>; it is shown only when it is made.
        </Banner>
      )}
      <SnippetTabs context={context} />
    </div>
  );
}

export function SnippetTabs({ context }: { readonly context: SnippetContext }) {
  const snippets = snippetsFor(context);
  const [chosen, setChosen] = useState('curl');
  const shown = snippets.some(({ id }) => id === chosen) ? chosen : (snippets[0]?.id ?? '');
  return (
    <Tabs
      look="panel"
      label="Snippets"
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

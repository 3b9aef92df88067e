import { useState } from 'react';
import { Link } from 'wouter';
import type { ProviderView } from '../../../src/admin/contract.ts';
import { useModels, useSettings } from '../../api/queries.ts';
import { Banner } from '../../ui/banner.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Field, TextInput } from '../../ui/field.tsx';
import { KEY_VARIABLE } from './snippet.ts';
import { SnippetTabs, snippetContextOf } from './snippet-tabs.tsx';
import { baseUrlOf } from './snippets.ts';
import { pickModel, usualModel } from './usual-models.ts';

/** How to call the provider through rotato, ready to be pasted. */
export function ConnectPanel({ provider }: { readonly provider: ProviderView }) {
  const { data: settings } = useSettings();
  const models = useModels(provider.shadowed || !provider.enabled ? null : provider.name).data?.models ?? [];
  const { wire, preset } = provider.settings;
  const [typed, setTyped] = useState<string | null>(null);
  const model = typed ?? pickModel(models, usualModel(preset, wire));
  const asksForKey = settings?.access === 'keys';
  const context = snippetContextOf(provider, model, { kind: asksForKey ? 'variable' : 'none' });
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
      <SnippetTabs label="Snippets" look="panel" context={context} />
    </div>
  );
}

import { useQueryClient } from '@tanstack/react-query';
import { ArrowLeft, ArrowRight } from 'lucide-react';
import { type FormEvent, useId, useState } from 'react';
import { useLocation } from 'wouter';
import type { PresetView, ProviderView } from '../../../src/admin/contract.ts';
import { call } from '../../api/client.ts';
import { fieldErrors, sayProblem } from '../../api/problem.ts';
import { usePresets, useProviders } from '../../api/queries.ts';
import { Badge } from '../../ui/badge.tsx';
import { Banner } from '../../ui/banner.tsx';
import { Button } from '../../ui/button.tsx';
import { Sheet } from '../../ui/dialog.tsx';
import { ErrorState } from '../../ui/empty-state.tsx';
import { Field, TextInput } from '../../ui/field.tsx';
import { SearchInput } from '../../ui/search-input.tsx';
import { Select } from '../../ui/select.tsx';
import { Switch } from '../../ui/switch.tsx';
import { isPrivateAddress } from './private-address.ts';
import { refreshProviders } from './provider-acts.ts';
import {
  newProviderDraft,
  newProviderInput,
  type ProviderDraft,
  providerProblems,
  type Wire,
} from './provider-draft.ts';
import { ProviderMark } from './provider-mark.tsx';
import { baseUrlOf } from './snippets.ts';

interface CreateProviderProps {
  /** `1`: nothing chosen yet; `custom`: by hand; else the name of a preset. Null: closed. */
  readonly chosen: string | null;
  readonly onChoose: (preset: string | null) => void;
}

const BY_HAND = 'custom';

export function CreateProvider({ chosen, onChoose }: CreateProviderProps) {
  const { data: presets, error, refetch } = usePresets();
  const { data: providers } = useProviders();
  const formId = useId();
  const [isBusy, setBusy] = useState(false);
  const [, navigate] = useLocation();
  const preset = presets?.find(({ name }) => name === chosen) ?? null;
  const isForm = chosen === BY_HAND || preset !== null;
  return (
    <Sheet
      open={chosen !== null}
      onClose={() => onChoose(null)}
      width="wide"
      keepOpen={isForm}
      title={isForm ? `Add ${preset?.title ?? 'a provider by hand'}` : 'Add a provider'}
      description={
        isForm ? 'Keys come next.' : 'Whose API do you want to call? What rotato knows of each is filled in.'
      }
      {...(isForm
        ? {
            footer: (
              <>
                <Button icon={<ArrowLeft aria-hidden size={14} />} onClick={() => onChoose('1')} className="mr-auto">
                  Choose another
                </Button>
                <Button
                  kind="primary"
                  type="submit"
                  form={formId}
                  busy={isBusy}
                  icon={<ArrowRight aria-hidden size={14} />}
                >
                  Add provider
                </Button>
              </>
            ),
          }
        : {})}
    >
      {isForm && providers !== undefined ? (
        <CreateForm
          key={chosen}
          id={formId}
          preset={preset}
          taken={providers.map(({ name }) => name)}
          onBusy={setBusy}
          onMade={({ name }) => navigate(`/providers/${name}?add=keys`)}
        />
      ) : presets === undefined && error !== null ? (
        <ErrorState title="The presets could not be read." error={error} onRetry={() => void refetch()} />
      ) : (
        <PresetGrid presets={presets ?? []} onChoose={onChoose} />
      )}
    </Sheet>
  );
}

interface PresetGridProps {
  readonly presets: readonly PresetView[];
  readonly onChoose: (preset: string) => void;
}

export function PresetGrid({ presets, onChoose }: PresetGridProps) {
  const [text, setText] = useState('');
  const words = text.trim().toLowerCase();
  const shown = presets.filter(({ name, title }) => `${name} ${title}`.toLowerCase().includes(words));
  const first = shown[0];
  return (
    <div className="flex flex-col gap-4">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (first !== undefined) onChoose(first.name);
        }}
      >
        <SearchInput label="Find a vendor" value={text} onChange={(event) => setText(event.target.value)} />
      </form>
      <ul aria-label="Vendors" className="grid grid-cols-[repeat(auto-fill,minmax(min(100%,180px),1fr))] gap-2">
        {shown.map((preset) => (
          <li key={preset.name}>
            <PresetButton title={preset.title} says={hostOf(preset)} onClick={() => onChoose(preset.name)} />
          </li>
        ))}
        <li>
          <PresetButton title="Another" says="Any API that speaks one of the three" onClick={() => onChoose(BY_HAND)} />
        </li>
      </ul>
      {shown.length === 0 && (
        <p className="text-sm text-muted">
          No vendor is called “{text.trim()}”. Choose <em>Another</em> and type its base URL.
        </p>
      )}
    </div>
  );
}

function PresetButton(props: { readonly title: string; readonly says: string; readonly onClick: () => void }) {
  return (
    <button
      type="button"
      onClick={props.onClick}
      className="flex h-full w-full items-center gap-3 rounded-lg border border-line bg-surface p-3 text-left transition-colors hover:border-line-strong hover:bg-sunken"
    >
      <ProviderMark title={props.title} size="small" />
      <span className="flex min-w-0 flex-col">
        <span className="truncate text-sm font-medium">{props.title}</span>
        <span className="truncate text-xs text-faint">{props.says}</span>
      </span>
    </button>
  );
}

function hostOf({ baseUrl, keyOptional }: PresetView): string {
  if (baseUrl === null) return 'your own resource';
  return keyOptional ? 'on your machine' : new URL(baseUrl).hostname;
}

interface CreateFormProps {
  readonly id: string;
  readonly preset: PresetView | null;
  readonly taken: readonly string[];
  readonly onBusy: (busy: boolean) => void;
  readonly onMade: (provider: ProviderView) => void;
}

/** Name and address of a new provider; what was typed stays when it is refused. */
export function CreateForm({ id, preset, taken, onBusy, onMade }: CreateFormProps) {
  const [draft, setDraft] = useState(() => newProviderDraft(preset, taken));
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());
  const [failure, setFailure] = useState<unknown>(null);
  const cache = useQueryClient();
  const type = (field: keyof ProviderDraft, value: string | boolean) => {
    setDraft((before) => ({ ...before, [field]: value }));
    setTouched((before) => new Set(before).add(field));
    setFailure(null);
  };
  const problems = providerProblems({ ...draft, preset: preset?.baseUrl === null ? null : draft.preset }, taken);
  const refused = fieldErrors(failure);
  const errorOf = (field: string) => refused[field] ?? (touched.has(field) ? problems[field] : undefined);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setTouched(new Set(['name', 'baseUrl']));
    if (problems.name !== undefined || problems.baseUrl !== undefined) return;
    onBusy(true);
    try {
      const made = await call('POST /providers', { body: newProviderInput(draft, preset) });
      await refreshProviders(cache);
      onMade(made);
    } catch (error) {
      setFailure(error);
    } finally {
      onBusy(false);
    }
  };
  return (
    <form id={id} noValidate onSubmit={(event) => void submit(event)} className="flex flex-col gap-5">
      {failure !== null && (
        <Banner tone="rejected" urgent>
          {sayProblem(failure)}
        </Banner>
      )}
      <NameField draft={draft} error={errorOf('name')} onType={(name) => type('name', name)} />
      {preset === null && <WireField draft={draft} onType={(wire) => type('wire', wire)} />}
      <Field
        label="Base URL"
        error={errorOf('baseUrl')}
        hint={
          preset?.baseUrl == null
            ? 'Up to the version, as the vendor’s documentation gives it.'
            : 'The vendor’s own. Change it only for a proxy or a region.'
        }
      >
        {(control) => (
          <TextInput
            {...control}
            inputMode="url"
            placeholder="https://api.example.com/v1"
            value={draft.baseUrl}
            onChange={(event) => type('baseUrl', event.target.value)}
          />
        )}
      </Field>
      {preset?.keyOptional !== true && isPrivateAddress(draft.baseUrl) && (
        <PrivateAddress
          allowed={draft.allowPrivateAddress}
          onChange={(allowed) => type('allowPrivateAddress', allowed)}
        />
      )}
      {preset !== null && !preset.proven && <Unproven title={preset.title} />}
    </form>
  );
}

function NameField(props: {
  readonly draft: ProviderDraft;
  readonly error: string | undefined;
  readonly onType: (name: string) => void;
}) {
  const { draft, error, onType } = props;
  const shown = baseUrlOf({ origin: location.origin, provider: draft.name.trim().toLowerCase() || '…' });
  return (
    <Field
      label="Name"
      error={error}
      hint={
        <>
          Programs will call <code className="font-mono text-muted">{shown}</code>
        </>
      }
    >
      {(control) => (
        <TextInput {...control} autoFocus value={draft.name} onChange={(event) => onType(event.target.value)} />
      )}
    </Field>
  );
}

const WIRES: readonly { readonly value: Wire; readonly label: string; readonly hint: string }[] = [
  { value: 'openai', label: 'OpenAI', hint: '/chat/completions, as most vendors and local servers' },
  { value: 'anthropic', label: 'Anthropic', hint: '/v1/messages' },
  { value: 'gemini', label: 'Google Gemini', hint: '/v1beta/models/…:generateContent' },
];

function WireField({ draft, onType }: { readonly draft: ProviderDraft; readonly onType: (wire: Wire) => void }) {
  return (
    <Field label="Speaks like" hint="Errors that rotato itself answers are written in this shape.">
      {(control) => <Select {...control} value={draft.wire} options={WIRES} onChange={onType} className="w-full" />}
    </Field>
  );
}

function PrivateAddress(props: { readonly allowed: boolean; readonly onChange: (allowed: boolean) => void }) {
  return (
    <Banner tone={props.allowed ? 'neutral' : 'resting'}>
      <label htmlFor="allow-private" className="flex items-center gap-3">
        <Switch id="allow-private" checked={props.allowed} onChange={props.onChange} />
        <span>
          <span className="font-medium">Allow a private address.</span>{' '}
          <span className="text-muted">
            This one is on your own machine or network; rotato refuses those unless told.
          </span>
        </span>
      </label>
    </Banner>
  );
}

function Unproven({ title }: { readonly title: string }) {
  return (
    <p className="flex items-start gap-2 text-xs text-muted">
      <Badge>By the book</Badge>
      What rotato knows of {title} follows its documentation. It has not been checked against recorded answers yet, and
      learns from real ones.
    </p>
  );
}

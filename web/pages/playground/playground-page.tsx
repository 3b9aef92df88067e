import { ChevronRight, KeyRound, SquarePen } from 'lucide-react';
import { useState } from 'react';
import { Link, useSearchParams } from 'wouter';
import type { ProviderView } from '../../../src/admin/contract.ts';
import { useModels, useProviders } from '../../api/queries.ts';
import { Button, buttonClasses } from '../../ui/button.tsx';
import { EmptyState, ErrorState } from '../../ui/empty-state.tsx';
import { Field, TextArea } from '../../ui/field.tsx';
import { Loading } from '../../ui/loading.tsx';
import { PageHead } from '../../ui/page-head.tsx';
import { Select } from '../../ui/select.tsx';
import { pickModel, usualModel } from '../providers/usual-models.ts';
import { Composer } from './composer.tsx';
import { ConversationView } from './conversation.tsx';
import { ModelPicker } from './model-picker.tsx';
import { ServedBy } from './served-by.tsx';
import { type Conversation, useChat } from './use-chat.ts';

export function PlaygroundPage() {
  const providers = useProviders();
  const usable = (providers.data ?? []).filter(
    ({ shadowed, restorableUntil }) => !shadowed && restorableUntil === null,
  );
  return (
    <div className="flex flex-1 flex-col gap-5">
      <title>Playground · rotato</title>
      {providers.isPending && <Loading />}
      {providers.isError && usable.length === 0 && (
        <ErrorState
          title="The providers could not be read"
          error={providers.error}
          onRetry={() => void providers.refetch()}
        />
      )}
      {providers.isSuccess && usable.length === 0 && (
        <EmptyState
          icon={<KeyRound aria-hidden size={20} />}
          title="Nobody to talk to yet"
          action={
            <Link href="/providers?new=1" className={buttonClasses('primary')}>
              Add a provider
            </Link>
          }
        >
          With a provider and a key, you can chat here through the pool and see which key answers, and why.
        </EmptyState>
      )}
      {usable.length > 0 && <Playground providers={usable} />}
    </div>
  );
}

/** Provider and model stand in the URL; what is said stays in memory. */
function Playground({ providers }: { readonly providers: readonly ProviderView[] }) {
  const [query, setQuery] = useSearchParams();
  const chat = useChat();
  const [system, setSystem] = useState('');
  const [selected, setSelected] = useState<number | null>(null);
  const asked = query.get('provider');
  const provider =
    providers.find(({ name }) => name === asked) ?? providers.find(({ enabled }) => enabled) ?? providers[0];
  const model = useModel(provider, query.get('model'));
  const answers = chat.messages.filter(({ role }) => role === 'assistant');
  const shown = answers.find(({ id }) => id === selected) ?? answers.at(-1) ?? null;
  if (provider === undefined) return null;
  return (
    <>
      <PageHead
        title="Playground"
        acts={
          <>
            <Select
              label="Provider"
              value={provider.name}
              options={providers.map(({ name }) => ({ value: name, label: name }))}
              onChange={(name) => setQuery({ provider: name }, { replace: true })}
            />
            <ModelPicker
              provider={provider.name}
              value={model}
              onChange={(next) => setQuery({ provider: provider.name, model: next }, { replace: true })}
            />
            <Button
              kind="quiet"
              icon={<SquarePen aria-hidden size={14} />}
              onClick={chat.clear}
              disabled={chat.messages.length === 0}
            >
              New chat
            </Button>
          </>
        }
      />
      <div className="grid gap-x-12 gap-y-10 lg:grid-cols-[minmax(0,1fr)_340px]">
        <div className="flex min-h-[min(560px,60dvh)] flex-col gap-6 lg:min-h-[calc(100dvh-128px)]">
          <SystemPrompt value={system} onChange={setSystem} />
          <Talk
            chat={chat}
            selected={shown?.id ?? null}
            onSelect={setSelected}
            onSend={(text) => {
              setSelected(null);
              chat.send(text, { provider, model, system });
            }}
          />
        </div>
        <ServedBy answer={shown} />
      </div>
    </>
  );
}

/** The one asked for, else what suits of those the provider serves. */
function useModel(provider: ProviderView | undefined, asked: string | null): string {
  const models = useModels(provider?.name ?? null);
  if (provider === undefined) return '';
  const { preset, wire } = provider.settings;
  return asked ?? pickModel(models.data?.models ?? [], usualModel(preset, wire));
}

interface TalkProps {
  readonly chat: Conversation;
  readonly selected: number | null;
  readonly onSelect: (id: number) => void;
  readonly onSend: (text: string) => void;
}

function Talk({ chat, selected, onSelect, onSend }: TalkProps) {
  return (
    <>
      <div className="flex flex-1 flex-col">
        {chat.messages.length === 0 && <Openers onPick={onSend} />}
        <ConversationView messages={chat.messages} selected={selected} onSelect={onSelect} />
      </div>
      <div className="sticky bottom-16 bg-surface pt-1 pb-2 md:bottom-0 md:pb-4">
        <Composer streaming={chat.streaming} onSend={onSend} onStop={chat.stop} />
        <p className="pt-2 text-xs text-faint">It spends real quota. Nothing that is said here is kept by the panel.</p>
      </div>
    </>
  );
}

const OPENERS = [
  'Say hello in one short sentence.',
  'Explain rate limits to a ten-year-old.',
  'Write a haiku about waiting.',
];

/** Something to press: a first call costs no thought. */
function Openers({ onPick }: { readonly onPick: (text: string) => void }) {
  return (
    <div className="m-auto flex flex-col items-center gap-4 py-8 text-center">
      <p className="max-w-96 text-base text-muted">
        What you say here goes through the pool as any call does: it waits its turn, and the key with room answers.
      </p>
      <div className="flex flex-wrap justify-center gap-2">
        {OPENERS.map((opener) => (
          <Button key={opener} size="small" onClick={() => onPick(opener)}>
            {opener}
          </Button>
        ))}
      </div>
    </div>
  );
}

interface SystemPromptProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function SystemPrompt({ value, onChange }: SystemPromptProps) {
  return (
    <details className="group">
      <summary className="inline-flex cursor-pointer list-none items-center gap-1 rounded-sm text-xs text-muted hover:text-ink">
        <ChevronRight aria-hidden size={14} className="transition-transform group-open:rotate-90" />
        System prompt{value !== '' && ' (set)'}
      </summary>
      <Field label={<span className="sr-only">System prompt</span>} className="pt-1">
        {(control) => (
          <TextArea {...control} rows={3} value={value} onChange={(event) => onChange(event.target.value)} />
        )}
      </Field>
    </details>
  );
}

import { ArrowRight, CircleCheck, Send } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Link } from 'wouter';
import type { ExchangeRecord, ProviderView } from '../../../src/admin/contract.ts';
import { onLiveEvent } from '../../api/live.ts';
import { useModels, useSettings } from '../../api/queries.ts';
import { StoryTimeline } from '../../story/story-timeline.tsx';
import { Button, buttonClasses } from '../../ui/button.tsx';
import { classNames } from '../../ui/class-names.ts';
import { useChat } from '../playground/use-chat.ts';
import { SnippetTabs, snippetContextOf } from '../providers/snippet-tabs.tsx';
import { pickModel, usualModel } from '../providers/usual-models.ts';
import { StepHead } from './step-head.tsx';

export function CallStep({ provider }: { readonly provider: ProviderView }) {
  const model = useSuitableModel(provider);
  const { first, chat } = useFirstCall(provider);
  const problem = chat.messages.at(-1)?.problem ?? null;
  const send = () => chat.send('Say hello in one short sentence.', { provider, model, system: '' });
  const answered = first !== null && first.status !== null && first.status < 400;
  return (
    <>
      <StepHead title={answered ? 'It works' : 'Make your first call'}>
        Point your code at rotato instead of the provider. Nothing else changes.
      </StepHead>
      <Snippets provider={provider} model={model} />
      <section
        aria-label="First call"
        className={classNames(
          'flex flex-col gap-4 rounded-lg border p-4 transition-colors duration-500',
          answered ? 'border-ready-fill' : 'border-line',
        )}
      >
        <div className="flex flex-wrap items-center justify-between gap-3">
          <Waiting answered={answered} failed={first !== null && !answered} />
          {!answered && (
            <Button icon={<Send aria-hidden size={14} />} onClick={send} busy={chat.streaming}>
              Send one for me
            </Button>
          )}
        </div>
        {problem !== null && <p className="text-sm break-words text-rejected">{problem}</p>}
        {answered && <Answer text={chat.messages.at(-1)?.text ?? ''} />}
        {first !== null && <StoryTimeline exchange={first} />}
      </section>
      <div className="flex justify-end">
        <Link href="/" className={buttonClasses(answered ? 'primary' : 'quiet')}>
          {answered ? 'Go to the overview' : 'Later'}
          <ArrowRight aria-hidden size={14} />
        </Link>
      </div>
    </>
  );
}

function useSuitableModel({ name, settings }: ProviderView): string {
  const models = useModels(name).data?.models ?? [];
  return pickModel(models, usualModel(settings.preset, settings.wire));
}

/** The first request to this provider that ends while we look, whoever sent it; later ones replace a failed one. */
function useFirstCall(provider: ProviderView) {
  const [first, setFirst] = useState<ExchangeRecord | null>(null);
  const chat = useChat();
  useEffect(
    () =>
      onLiveEvent('exchange', (exchange) => {
        if (exchange.provider !== provider.name) return;
        setFirst((before) => (before?.status != null && before.status < 400 ? before : exchange));
      }),
    [provider.name],
  );
  return { first, chat };
}

function Waiting({ answered, failed }: { readonly answered: boolean; readonly failed: boolean }) {
  return (
    <p role="status" className="flex items-center gap-2.5 text-sm font-medium">
      {answered ? (
        <CircleCheck aria-hidden size={18} className="text-ready" />
      ) : (
        <span aria-hidden className="mx-1 size-2.5 animate-breathe rounded-full bg-accent" />
      )}
      {answered
        ? 'Your first call was answered.'
        : failed
          ? 'That one failed. Waiting for another…'
          : 'Waiting for your first call…'}
    </p>
  );
}

function Answer({ text }: { readonly text: string }) {
  if (text === '') return null;
  return <p className="border-l-2 border-line-strong pl-3 text-sm text-muted">{text}</p>;
}

function Snippets({ provider, model }: { readonly provider: ProviderView; readonly model: string }) {
  const access = useSettings().data?.access ?? 'open';
  const asksForKey = access === 'keys';
  const context = snippetContextOf(provider, model, { kind: asksForKey ? 'variable' : 'none' });
  return (
    <div className="flex flex-col gap-3">
      <SnippetTabs label="Language" look="page" context={context} />
      {asksForKey && (
        <p className="text-xs text-muted">
          Callers need a client key here.{' '}
          <Link href="/clients?new=1" className="rounded-sm text-accent hover:underline">
            Create one
          </Link>{' '}
          and put it into ROTATO_KEY.
        </p>
      )}
    </div>
  );
}

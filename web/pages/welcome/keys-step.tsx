import { useMutation, useQueryClient } from '@tanstack/react-query';
import { ArrowLeft, ArrowRight, ExternalLink } from 'lucide-react';
import { type FormEvent, useEffect, useState } from 'react';
import type { AddedKey, ProviderView } from '../../../src/admin/contract.ts';
import { call } from '../../api/client.ts';
import { onLiveEvent } from '../../api/live.ts';
import { sayProblem } from '../../api/problem.ts';
import { usePresets } from '../../api/queries.ts';
import { counted } from '../../format/numbers.ts';
import { Banner } from '../../ui/banner.tsx';
import { Button } from '../../ui/button.tsx';
import { Field, TextArea } from '../../ui/field.tsx';
import { mergeReports, savableAnyway } from '../providers/keys/added-keys.ts';
import { AddedKeyList } from '../providers/keys/added-keys-report.tsx';
import { previewPastedKeys } from '../providers/keys/pasted-keys.ts';
import { refreshProviders } from '../providers/provider-acts.ts';
import { StepHead } from './step-head.tsx';

interface KeysStepProps {
  readonly provider: ProviderView;
  readonly onBack: () => void;
  readonly onDone: () => void;
}

export function KeysStep({ provider, onBack, onDone }: KeysStepProps) {
  const preset = usePresets().data?.find(({ name }) => name === provider.settings.preset) ?? null;
  const title = preset?.title ?? provider.name;
  const [text, setText] = useState('');
  const { add, added, progress } = useAddKeys(provider);
  const refused = savableAnyway(added).length;
  const goBack = useGoBack(provider, onBack);
  const found = previewPastedKeys(text).keys.filter(({ isRepeated }) => !isRepeated).length;
  const usable = provider.keyCounts.all;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate({ text, saveAnyway: false }, { onSuccess: () => setText('') });
  };
  return (
    <>
      <StepHead title={`Paste your ${title} keys`}>
        {preset?.hasFreeValidation === true
          ? 'One or many, in any shape. Each is checked with a call that costs nothing, then sealed on this machine.'
          : 'One or many, in any shape. They are sealed on this machine and never shown again.'}
      </StepHead>
      <form onSubmit={submit} className="flex flex-col gap-3">
        <Field
          label="Keys"
          aside={<KeysPageLink url={preset?.keysPage} title={title} />}
          hint={sayFound(found)}
          error={add.isError ? sayProblem(add.error) : undefined}
        >
          {(control) => (
            <TextArea
              {...control}
              rows={5}
              autoComplete="off"
              placeholder={'sk-…\nteam-a: sk-…\nOPENAI_API_KEY=sk-…'}
              className="font-mono"
              value={text}
              onChange={(event) => setText(event.target.value)}
            />
          )}
        </Field>
        <Button type="submit" kind={usable === 0 ? 'primary' : 'secondary'} busy={add.isPending} disabled={found === 0}>
          {add.isPending
            ? sayProgress(progress)
            : found === 0
              ? 'Check and add'
              : `Check and add ${counted(found, 'key')}`}
        </Button>
      </form>
      {refused > 0 && (
        <Banner
          tone="resting"
          action={
            <Button
              size="small"
              busy={add.isPending}
              onClick={() => add.mutate({ text: add.variables?.text ?? '', saveAnyway: true })}
            >
              Save anyway
            </Button>
          }
        >
          {title} refused {counted(refused, 'key')}, so {refused === 1 ? 'it was' : 'they were'} not saved.
        </Banner>
      )}
      {added.length > 0 && <AddedKeyList report={added} />}
      {preset?.keyOptional === true && usable === 0 && (
        <Banner>{title} usually needs no key. Go on without one if yours asks for none.</Banner>
      )}
      <div className="flex justify-between">
        <Button
          kind="quiet"
          icon={<ArrowLeft aria-hidden size={14} />}
          onClick={() => goBack.mutate()}
          busy={goBack.isPending}
        >
          Choose another
        </Button>
        {(usable > 0 || preset?.keyOptional === true) && (
          <Button kind="primary" icon={<ArrowRight aria-hidden size={14} />} onClick={onDone}>
            Continue
          </Button>
        )}
      </div>
    </>
  );
}

function KeysPageLink({ url, title }: { readonly url: string | null | undefined; readonly title: string }) {
  if (url == null) return null;
  return (
    <a
      href={url}
      target="_blank"
      rel="noreferrer noopener"
      className="inline-flex items-center gap-1 rounded-sm text-accent hover:underline"
    >
      Get one at {title}
      <ExternalLink aria-label="(opens a new tab)" size={12} />
    </a>
  );
}

function sayFound(found: number): string {
  if (found === 0) return 'Lines, commas, JSON, .env and "label: key" are all read.';
  return `${counted(found, 'key')} found in it.`;
}

interface Progress {
  readonly done: number;
  readonly total: number;
}

function sayProgress(progress: Progress | null): string {
  return progress === null ? 'Checking…' : `Checking ${progress.done} of ${progress.total}…`;
}

function useAddKeys(provider: ProviderView) {
  const cache = useQueryClient();
  const [progressId] = useState(() => crypto.randomUUID());
  const [added, setAdded] = useState<readonly AddedKey[]>([]);
  const [progress, setProgress] = useState<Progress | null>(null);
  useEffect(() => onLiveEvent('progress', (event) => event.id === progressId && setProgress(event)), [progressId]);
  const add = useMutation({
    mutationFn: ({ text, saveAnyway }: { readonly text: string; readonly saveAnyway: boolean }) =>
      call('POST /providers/{id}/keys', { id: provider.id, body: { text, saveAnyway, progressId } }),
    onSuccess: async ({ items }, { saveAnyway }) => {
      setAdded((before) => (saveAnyway ? mergeReports(before, items) : items));
      await refreshProviders(cache);
    },
    onSettled: () => setProgress(null),
  });
  return { add, added, progress };
}

/** A provider that was chosen by mistake does not stay behind, unless it has keys already. */
function useGoBack(provider: ProviderView, onBack: () => void) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async () => {
      if (provider.origin === 'store' && provider.keyCounts.all === 0) {
        await call('DELETE /providers/{id}', { id: provider.id, version: provider.version });
      }
    },
    onSettled: async () => {
      await refreshProviders(cache);
      onBack();
    },
  });
}

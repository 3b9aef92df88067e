import { useQueryClient } from '@tanstack/react-query';
import { type DragEvent, useEffect, useId, useState } from 'react';
import type { AddedKey, PresetView, ProviderView } from '../../../../src/admin/contract.ts';
import { call } from '../../../api/client.ts';
import { onLiveEvent } from '../../../api/live.ts';
import { sayProblem } from '../../../api/problem.ts';
import { queryKeys } from '../../../api/query-keys.ts';
import { counted, numberText } from '../../../format/numbers.ts';
import { Banner } from '../../../ui/banner.tsx';
import { Button } from '../../../ui/button.tsx';
import { classNames } from '../../../ui/class-names.ts';
import { Field, TextArea, TextInput } from '../../../ui/field.tsx';
import { FileLabel } from '../../../ui/file-label.tsx';
import { Switch } from '../../../ui/switch.tsx';
import { refreshProviders } from '../provider-acts.ts';
import { mergeReports } from './added-keys.ts';
import { AddedKeysReport } from './added-keys-report.tsx';
import { findPastedKeys, previewPastedKeys } from './pasted-keys.ts';

interface AddKeysFormProps {
  readonly provider: ProviderView;
  readonly preset: PresetView | undefined;
  readonly onDone: () => void;
}

/** A larger file is hardly a list of keys. */
const LARGEST_FILE = 4 * 1024 * 1024;

/** Paste, or drop a file; each key is tested before it is saved, and what came of each is told. */
export function AddKeysForm({ provider, preset, onDone }: AddKeysFormProps) {
  const canTest = preset?.hasFreeValidation ?? false;
  const [text, setText] = useState('');
  const [group, setGroup] = useState('');
  const [isTested, setTested] = useState(true);
  const adding = useAdding(provider);
  const switchId = useId();
  const preview = previewPastedKeys(text);
  if (adding.report !== null) {
    return (
      <AddedKeysReport
        report={adding.report}
        busy={adding.progress !== null}
        onSaveAnyway={() => void adding.add({ text, group, validate: false, saveAnyway: true })}
        onMore={() => {
          adding.startOver();
          setText('');
        }}
        onDone={onDone}
      />
    );
  }
  const add = () => void adding.add({ text, group, validate: canTest && isTested, saveAnyway: false });
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (preview.keys.length > 0 && adding.progress === null) add();
      }}
    >
      {adding.failure !== null && (
        <Banner tone="rejected" urgent>
          {sayProblem(adding.failure)}
        </Banner>
      )}
      <PasteBox text={text} onText={setText} disabled={adding.progress !== null} />
      <PreviewLine text={text} />
      <Field
        label="Quota group"
        aside="optional"
        hint="If they are all of one organisation or account, name it: rotato then knows that they share one quota."
      >
        {(control) => (
          <>
            <TextInput
              {...control}
              list={`${switchId}-groups`}
              placeholder="each key is its own"
              value={group}
              onChange={(event) => setGroup(event.target.value)}
            />
            <datalist id={`${switchId}-groups`}>
              {Object.keys(provider.settings.groups).map((name) => (
                <option key={name} value={name} />
              ))}
            </datalist>
          </>
        )}
      </Field>
      {canTest && (
        <label htmlFor={switchId} className="flex items-start gap-3 text-sm">
          <Switch id={switchId} checked={isTested} onChange={setTested} />
          <span>
            Test each key first
            <span className="block text-xs text-faint">
              By a call of {preset?.title ?? provider.name} that costs nothing. Refused keys are not saved.
            </span>
          </span>
        </label>
      )}
      {adding.progress !== null && <Progress {...adding.progress} />}
      <div className="flex justify-end gap-2 border-t border-line pt-4">
        <Button onClick={onDone}>Cancel</Button>
        <Button
          kind="primary"
          type="submit"
          busy={adding.progress !== null}
          disabled={preview.keys.length === 0 || adding.progress !== null}
        >
          {preview.keys.length === 0 ? 'Add keys' : `Add ${counted(preview.keys.length, 'key')}`}
        </Button>
      </div>
    </form>
  );
}

interface Adding {
  readonly text: string;
  readonly group: string;
  readonly validate: boolean;
  readonly saveAnyway: boolean;
}

interface AddingProgress {
  readonly done: number;
  /** 0 until rotato has counted. */
  readonly total: number;
}

function useAdding(provider: ProviderView) {
  const cache = useQueryClient();
  const [report, setReport] = useState<readonly AddedKey[] | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const [progress, setProgress] = useState<AddingProgress | null>(null);
  const [progressId] = useState(() => crypto.getRandomValues(new Uint32Array(4)).join('-'));
  useEffect(
    () =>
      onLiveEvent(
        'progress',
        ({ id, done, total }) => id === progressId && setProgress((now) => now && { done, total }),
      ),
    [progressId],
  );
  const add = async ({ text, group, ...how }: Adding) => {
    setProgress({ done: 0, total: 0 });
    setFailure(null);
    const named = group.trim();
    // A quota group can be named only for keys that are told apart here.
    const what = named === '' ? { text } : { keys: findPastedKeys(text).map((key) => ({ ...key, group: named })) };
    try {
      const { items } = await call('POST /providers/{id}/keys', {
        id: provider.id,
        body: { ...what, ...how, progressId },
      });
      setReport((before) => (before === null ? items : mergeReports(before, items)));
      await Promise.all([cache.invalidateQueries({ queryKey: queryKeys.keys(provider.id) }), refreshProviders(cache)]);
    } catch (error) {
      setFailure(error);
    } finally {
      setProgress(null);
    }
  };
  return { report, failure, progress, add, startOver: () => setReport(null) };
}

interface PasteBoxProps {
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly disabled: boolean;
}

function PasteBox({ text, onText, disabled }: PasteBoxProps) {
  const [isOver, setOver] = useState(false);
  const [problem, setProblem] = useState<string | undefined>();
  const take = async (file: File) => {
    if (file.size > LARGEST_FILE) return setProblem(`${file.name} is larger than 4 MB; that is hardly a list of keys.`);
    const read = await file.text();
    setProblem(undefined);
    onText(text.trim() === '' ? read : `${text.trimEnd()}\n${read}`);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const [file] = event.dataTransfer.files;
    if (file !== undefined) void take(file);
  };
  return (
    <Field
      label="Keys"
      error={problem}
      hint="One on each line, with commas, “label: key”, JSON, or lines of an .env file. Or drop a file."
      aside={
        <FileLabel
          accept=".txt,.csv,.json,.env,text/*,application/json"
          onFile={(file) => void take(file)}
          className="inline-flex items-center gap-1 rounded-sm text-muted hover:text-ink"
          iconSize={13}
        >
          Choose a file
        </FileLabel>
      }
    >
      {(control) => (
        <TextArea
          {...control}
          autoFocus
          autoComplete="off"
          disabled={disabled}
          value={text}
          placeholder={'team-a: sk-…\nteam-b: sk-…'}
          onChange={(event) => onText(event.target.value)}
          onDrop={drop}
          onDragOver={(event) => {
            event.preventDefault();
            setOver(true);
          }}
          onDragLeave={() => setOver(false)}
          className={classNames('min-h-40 font-mono text-xs', isOver && 'border-accent bg-accent-soft')}
        />
      )}
    </Field>
  );
}

/** What is seen in the text so far; rotato reads it itself and has the last word. */
function PreviewLine({ text }: { readonly text: string }) {
  const { keys, repeated, doubtful } = previewPastedKeys(text);
  if (keys.length === 0) return null;
  const doubts = keys.filter(({ doubt, isRepeated }) => doubt !== null && !isRepeated).slice(0, 3);
  return (
    <div role="status" className="-mt-1 flex flex-col gap-1 text-xs">
      <p className="text-muted">
        {counted(keys.length, 'key')} found
        {repeated > 0 && `, ${numberText(repeated)} of them twice`}
        {doubtful > 0 && <span className="text-resting">, {numberText(doubtful)} that cannot be right</span>}.
      </p>
      {doubts.map(({ masked, label, doubt }) => (
        <p key={`${label} ${masked} ${doubt}`} className="text-resting">
          {label ?? masked} {doubt}.
        </p>
      ))}
    </div>
  );
}

function Progress({ done, total }: AddingProgress) {
  const said = total === 0 ? 'Reading the keys…' : `Tested ${numberText(done)} of ${numberText(total)}`;
  return (
    <div className="flex flex-col gap-1.5">
      <p role="status" className="text-xs text-muted">
        {said}
      </p>
      <progress
        aria-label="Adding keys"
        {...(total === 0 ? {} : { value: done, max: total })}
        className="h-1.5 w-full appearance-none overflow-hidden rounded-full bg-track accent-accent [&::-webkit-progress-bar]:bg-track [&::-webkit-progress-value]:bg-accent [&::-webkit-progress-value]:transition-[width]"
      />
    </div>
  );
}

import { useQueryClient } from '@tanstack/react-query';
import { FlaskConical, RotateCcw } from 'lucide-react';
import { type FormEvent, useId, useState } from 'react';
import type { KeyView, ProviderView } from '../../../../src/admin/contract.ts';
import { call } from '../../../api/client.ts';
import { ApiProblem, fieldErrors, sayProblem } from '../../../api/problem.ts';
import { queryKeys } from '../../../api/query-keys.ts';
import { Banner } from '../../../ui/banner.tsx';
import { Button } from '../../../ui/button.tsx';
import { Sheet } from '../../../ui/dialog.tsx';
import { Field, TextInput } from '../../../ui/field.tsx';
import { showToast } from '../../../ui/toasts.ts';
import { type ChangedField, changedFields } from '../changed-fields.ts';
import { ConflictDialog } from '../conflict-dialog.tsx';
import { dotted, unplaced } from '../field-paths.ts';
import { LimitsEditor } from '../limits-editor.tsx';
import { draftKey, type EditableKey, type KeyDraft, keyChange, keyProblems } from './key-draft.ts';
import { KeyStory } from './key-story.tsx';
import { useKeyActs } from './use-key-acts.ts';

interface KeySheetProps {
  readonly provider: ProviderView;
  readonly keys: readonly KeyView[];
  /** Undefined: closed. */
  readonly id: string | undefined;
  readonly onClose: () => void;
}

/** One key: what it is doing, and what can be set on it. */
export function KeySheet({ provider, keys, id, onClose }: KeySheetProps) {
  const key = keys.find((candidate) => candidate.id === id);
  const formId = useId();
  return (
    <Sheet
      open={id !== undefined}
      onClose={onClose}
      width="wide"
      title={key?.label ?? 'This key is gone'}
      description={
        key === undefined ? 'It was deleted, here or by somebody else.' : `${key.masked} of ${provider.name}`
      }
    >
      {key !== undefined && <OpenKey key={key.id} keyView={key} provider={provider} keys={keys} formId={formId} />}
    </Sheet>
  );
}

interface OpenKeyProps {
  readonly keyView: KeyView;
  readonly provider: ProviderView;
  readonly keys: readonly KeyView[];
  readonly formId: string;
}

function OpenKey({ keyView, provider, keys, formId }: OpenKeyProps) {
  const acts = useKeyActs(provider.id);
  const rests = keyView.enabled && keyView.state.state !== 'ready' && keyView.state.state !== 'draining';
  return (
    <div className="flex flex-col gap-6">
      <KeyStory keyView={keyView} />
      <div className="flex flex-wrap gap-2">
        <Button icon={<FlaskConical aria-hidden size={14} />} onClick={() => void acts.act([keyView], 'validate')}>
          Test
        </Button>
        {rests && (
          <Button icon={<RotateCcw aria-hidden size={14} />} onClick={() => void acts.act([keyView], 'clear')}>
            Restore
          </Button>
        )}
        <Button onClick={() => void acts.act([keyView], keyView.enabled ? 'disable' : 'enable')}>
          {keyView.enabled ? 'Disable' : 'Enable'}
        </Button>
      </div>
      <KeyForm keyView={keyView} provider={provider} keys={keys} formId={formId} />
    </div>
  );
}

interface Edit {
  readonly draft: KeyDraft;
  readonly base: EditableKey;
  readonly version: number | null;
}

function useKeyEdit({ keyView, keys, provider }: OpenKeyProps) {
  const cache = useQueryClient();
  const [edit, setEdit] = useState<Edit | null>(null);
  const [refusal, setRefusal] = useState<unknown>(null);
  const [conflict, setConflict] = useState<readonly ChangedField[] | null>(null);
  const [isBusy, setBusy] = useState(false);
  const shown = edit ?? { draft: draftKey(keyView), base: keyView, version: keyView.version };
  const change = keyChange(shown.draft, shown.base);
  const taken = keys.filter(({ id }) => id !== keyView.id).map(({ label }) => label);
  const found = keyProblems(shown.draft, taken);
  const problems = { ...found, ...dotted(fieldErrors(refusal)) };
  const refresh = () => cache.invalidateQueries({ queryKey: queryKeys.keys(provider.id) });

  const send = async (version: number | null) => {
    setBusy(true);
    try {
      await call('PATCH /keys/{id}', { id: keyView.id, body: change, version });
      await refresh();
      setEdit(null);
      setRefusal(null);
      setConflict(null);
      showToast({
        title: `Saved ${shown.draft.label.trim() || keyView.label}.`,
        detail: 'What was learned of it stays.',
      });
    } catch (error) {
      if (error instanceof ApiProblem && error.code === 'conflict') await tellConflict(version);
      else setRefusal(error);
    } finally {
      setBusy(false);
    }
  };
  const tellConflict = async (refusedVersion: number | null) => {
    try {
      const current = await call('GET /keys/{id}', { id: keyView.id });
      const changes = changedFields(editable(shown.base), editable(current), change);
      await refresh();
      // Nothing that can be seen here was changed, so there is nothing to decide.
      if (changes.length === 0 && current.version !== refusedVersion) await send(current.version);
      else setConflict(changes);
    } catch (error) {
      setRefusal(error);
    }
  };
  const reset = () => {
    setEdit(null);
    setRefusal(null);
    setConflict(null);
  };
  return {
    draft: shown.draft,
    isChanged: Object.keys(change).length > 0,
    isWrong: Object.keys(problems).length > 0,
    isBusy,
    problems,
    conflict,
    failure: refusal === null ? null : [sayProblem(refusal), ...unplaced(problems, isField)].join(' '),
    type: (part: Partial<KeyDraft>) => {
      setEdit({ ...shown, draft: { ...shown.draft, ...part } });
      setRefusal(null);
    },
    reset,
    closeConflict: () => setConflict(null),
    save: (event: FormEvent) => {
      event.preventDefault();
      if (Object.keys(found).length === 0) void send(shown.version);
    },
    applyAgain: () => void send(keyView.version),
  };
}

function editable({ label, group, weight, baseUrl, limits }: EditableKey): EditableKey {
  return { label, group, weight, baseUrl, limits };
}

function isField(path: string): boolean {
  return ['label', 'group', 'weight', 'baseUrl'].includes(path) || path.startsWith('limits.');
}

function KeyForm(props: OpenKeyProps) {
  const { keyView, provider, formId } = props;
  const form = useKeyEdit(props);
  const { draft, problems, type } = form;
  const isFixed = keyView.origin !== 'store';
  return (
    <form id={formId} noValidate onSubmit={form.save} className="flex flex-col gap-4 border-t border-line pt-5">
      {isFixed && <Banner>The configuration manages this key; label, group and limits are changed there.</Banner>}
      {form.failure !== null && (
        <Banner tone="rejected" urgent>
          {form.failure}
        </Banner>
      )}
      <fieldset disabled={isFixed} className="contents">
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label="Label" error={problems.label} hint="Shown instead of the key, also to callers.">
            {(control) => (
              <TextInput {...control} value={draft.label} onChange={(event) => type({ label: event.target.value })} />
            )}
          </Field>
          <Field label="Quota group" error={problems.group} hint="Empty: it is its own.">
            {(control) => (
              <>
                <TextInput
                  {...control}
                  list={`${formId}-groups`}
                  value={draft.group}
                  onChange={(event) => type({ group: event.target.value })}
                />
                <datalist id={`${formId}-groups`}>
                  {Object.keys(provider.settings.groups).map((name) => (
                    <option key={name} value={name} />
                  ))}
                </datalist>
              </>
            )}
          </Field>
          <Field label="Weight" error={problems.weight} hint="Its share under strategy weighted.">
            {(control) => (
              <TextInput
                {...control}
                inputMode="decimal"
                value={draft.weight}
                onChange={(event) => type({ weight: event.target.value })}
              />
            )}
          </Field>
          <Field label="Base URL" aside="optional" error={problems.baseUrl} hint="This key’s own resource (Azure).">
            {(control) => (
              <TextInput
                {...control}
                placeholder={provider.settings.baseUrl}
                value={draft.baseUrl}
                onChange={(event) => type({ baseUrl: event.target.value })}
              />
            )}
          </Field>
        </div>
        <section aria-label="Limits of this key" className="flex flex-col gap-2">
          <h3 className="text-sm font-medium">Limits of this key alone</h3>
          <p className="text-xs text-faint">
            Most providers meter the organisation: limits belong to the quota group then.
          </p>
          <LimitsEditor
            limits={draft.limits}
            problems={problems}
            path="limits"
            disabled={isFixed}
            onChange={(limits) => type({ limits })}
          />
        </section>
      </fieldset>
      {form.isChanged && (
        <div className="sticky bottom-0 -mx-5 flex justify-end gap-2 border-t border-line bg-raised px-5 py-3">
          <Button onClick={form.reset}>Discard</Button>
          <Button kind="primary" type="submit" busy={form.isBusy} disabled={form.isWrong}>
            Save
          </Button>
        </div>
      )}
      <ConflictDialog
        what={keyView.label}
        changes={form.conflict}
        busy={form.isBusy}
        onReload={form.reset}
        onApply={form.applyAgain}
        onClose={form.closeConflict}
      />
    </form>
  );
}

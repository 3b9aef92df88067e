import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { PresetView, ProviderSettingsView, ProviderView } from '../../../src/admin/contract.ts';
import { call } from '../../api/client.ts';
import { ApiProblem, fieldErrors, sayProblem } from '../../api/problem.ts';
import { Banner } from '../../ui/banner.tsx';
import { Button } from '../../ui/button.tsx';
import { Field, TextInput } from '../../ui/field.tsx';
import { FormSection } from '../../ui/form-section.tsx';
import { Select } from '../../ui/select.tsx';
import { Switch } from '../../ui/switch.tsx';
import { showToast } from '../../ui/toasts.ts';
import { type ChangedField, changedFields } from './changed-fields.ts';
import { ConflictDialog } from './conflict-dialog.tsx';
import { byGroupPlace, dotted, unplaced } from './field-paths.ts';
import { GroupEditor } from './group-editor.tsx';
import { patchProvider } from './provider-acts.ts';
import { draftOfSettings, type ProviderDraft, providerProblems, STRATEGIES, settingsChange } from './provider-draft.ts';

interface ProviderSettingsFormProps {
  readonly provider: ProviderView;
  readonly preset: PresetView | undefined;
}

interface Edit {
  readonly draft: ProviderDraft;
  /** What was shown when the typing began, and the version it had. */
  readonly base: ProviderSettingsView;
  readonly version: number | null;
}

/** Nothing typed is taken away by what others do: the form follows the provider only while it is untouched. */
export function ProviderSettingsForm({ provider, preset }: ProviderSettingsFormProps) {
  const form = useSettingsEdit(provider);
  const { draft, type, errorOf, problems } = form;
  const isFixed = provider.origin !== 'store';
  return (
    <form noValidate onSubmit={(event) => void form.save(event)} className="flex max-w-[920px] flex-col">
      {form.failure !== null && (
        <div className="pb-6">
          <Banner tone="rejected" urgent>
            {form.failure}
          </Banner>
        </div>
      )}
      <fieldset disabled={isFixed} className="contents">
        <FormSection title="Choosing a key" says="Which key serves a call, among those that have room.">
          <Field
            label="Strategy"
            error={errorOf('strategy')}
            hint={STRATEGIES.find(({ name }) => name === draft.strategy)?.says}
          >
            {(control) => (
              <Select
                {...control}
                className="w-full"
                disabled={isFixed}
                value={draft.strategy}
                options={STRATEGIES.map(({ name, says }) => ({ value: name, label: name, hint: says }))}
                onChange={(strategy) => type({ strategy })}
              />
            )}
          </Field>
          <TextField
            form={form}
            field="rotateOn"
            label="Also try another key on"
            placeholder="500, 502-504"
            hint="Statuses besides 429. A call that was answered so may have been billed: it is sent again only with this consent."
          />
        </FormSection>
        <FormSection title="Patience" says="How long a call may wait for room, and for the provider.">
          <div className="grid gap-4 sm:grid-cols-2">
            <TextField
              form={form}
              field="maxWait"
              label="Wait for room"
              hint="From arrival. Then callers get 429 with the true time."
            />
            <TextField form={form} field="maxWaitCeiling" label="Longest wait a caller may ask for" />
          </div>
          <div className="grid gap-4 sm:grid-cols-3">
            <TextField form={form} field="connect" path="timeouts.connect" label="To connect" />
            <TextField form={form} field="firstByte" path="timeouts.firstByte" label="To the first byte" />
            <TextField form={form} field="idle" path="timeouts.idle" label="Between bytes" />
          </div>
        </FormSection>
        <FormSection title="Address" says="Where the provider itself is reached.">
          <TextField
            form={form}
            field="baseUrl"
            label="Base URL"
            placeholder={preset?.baseUrl ?? 'https://api.example.com/v1'}
            hint={preset?.baseUrl == null ? undefined : `${preset.title}’s own is ${preset.baseUrl}`}
          />
          <label htmlFor="private-address" className="flex items-center gap-3 text-sm">
            <Switch
              id="private-address"
              disabled={isFixed}
              checked={draft.allowPrivateAddress}
              onChange={(allowPrivateAddress) => type({ allowPrivateAddress })}
            />
            <span>
              Allow a private address <span className="text-faint">(your own machine or network)</span>
            </span>
          </label>
        </FormSection>
        <FormSection
          title="Quota groups"
          says="What the provider meters: an organisation, a project, an account. Type the limits you know; the others are learned."
        >
          <GroupEditor
            groups={draft.groups}
            problems={problems}
            disabled={isFixed}
            onChange={(groups) => type({ groups })}
          />
        </FormSection>
      </fieldset>
      {!isFixed && <SaveBar form={form} />}
      <ConflictDialog
        what={provider.name}
        changes={form.conflict}
        busy={form.isBusy}
        onReload={form.reset}
        onApply={() => void form.applyAgain()}
        onClose={form.closeConflict}
      />
    </form>
  );
}

type SettingsEdit = ReturnType<typeof useSettingsEdit>;

function useSettingsEdit(provider: ProviderView) {
  const cache = useQueryClient();
  const [edit, setEdit] = useState<Edit | null>(null);
  const [refusal, setRefusal] = useState<unknown>(null);
  const [conflict, setConflict] = useState<readonly ChangedField[] | null>(null);
  const [isBusy, setBusy] = useState(false);
  const shown = edit ?? {
    draft: draftOfSettings(provider.name, provider.settings),
    base: provider.settings,
    version: provider.version,
  };
  const change = settingsChange(shown.draft, shown.base);
  const isChanged = Object.keys(change).length > 0;
  const found = providerProblems({ ...shown.draft, preset: provider.settings.preset }, []);
  const refused = byGroupPlace(dotted(fieldErrors(refusal)), shown.draft.groups);
  const problems = { ...found, ...refused };

  const send = async (version: number | null) => {
    setBusy(true);
    try {
      const saved = await call('PATCH /providers/{id}', { id: provider.id, body: change, version });
      patchProvider(cache, saved);
      setEdit(null);
      setRefusal(null);
      setConflict(null);
      showToast({ title: `Saved the settings of ${provider.name}. They are in force.` });
    } catch (error) {
      if (error instanceof ApiProblem && error.code === 'conflict') await tellConflict(error, version);
      else setRefusal(error);
    } finally {
      setBusy(false);
    }
  };
  const tellConflict = async (error: ApiProblem, refusedVersion: number | null) => {
    try {
      const current = await call('GET /providers/{id}', { id: provider.id });
      patchProvider(cache, current);
      const changes = changedFields(shown.base, current.settings, change);
      // Nothing that can be seen here was changed, so there is nothing to decide.
      if (changes.length === 0 && current.version !== refusedVersion) await send(current.version);
      else setConflict(changes);
    } catch {
      // It is gone altogether, which the first answer says as well.
      setRefusal(error);
    }
  };
  return {
    draft: shown.draft,
    isChanged,
    isBusy,
    problems,
    conflict,
    failure: refusal === null ? null : [sayProblem(refusal), ...unplaced(refused, isField)].join(' '),
    errorOf: (path: string): string | undefined => problems[path],
    type: (part: Partial<ProviderDraft>) => {
      setEdit({ ...shown, draft: { ...shown.draft, ...part } });
      setRefusal(null);
    },
    reset: () => {
      setEdit(null);
      setRefusal(null);
      setConflict(null);
    },
    closeConflict: () => setConflict(null),
    save: async (event: FormEvent) => {
      event.preventDefault();
      const { name: _named, ...own } = found;
      if (isChanged && Object.keys(own).length === 0) await send(shown.version);
    },
    /** On top of what the other made: only what was typed here is sent. */
    applyAgain: () => send(provider.version),
  };
}

const FIELDS = [
  'strategy',
  'rotateOn',
  'maxWait',
  'maxWaitCeiling',
  'baseUrl',
  'timeouts.connect',
  'timeouts.firstByte',
  'timeouts.idle',
];

function isField(path: string): boolean {
  return FIELDS.includes(path) || /^groups\.\d+\./.test(path);
}

interface TextFieldProps {
  readonly form: SettingsEdit;
  readonly field: 'rotateOn' | 'maxWait' | 'maxWaitCeiling' | 'connect' | 'firstByte' | 'idle' | 'baseUrl';
  /** As the API names it, where that is another name. */
  readonly path?: string;
  readonly label: string;
  readonly hint?: string | undefined;
  readonly placeholder?: string;
}

function TextField({ form, field, path = field, label, hint, placeholder }: TextFieldProps) {
  return (
    <Field label={label} hint={hint} error={form.errorOf(path)}>
      {(control) => (
        <TextInput
          {...control}
          placeholder={placeholder}
          value={form.draft[field]}
          onChange={(event) => form.type({ [field]: event.target.value })}
        />
      )}
    </Field>
  );
}

function SaveBar({ form }: { readonly form: SettingsEdit }) {
  if (!form.isChanged) return null;
  const wrong = Object.keys(form.problems).filter((path) => path !== 'name').length;
  return (
    <div className="sticky bottom-4 z-10 flex animate-rise items-center gap-2 rounded-xl bg-raised p-2 pl-4 shadow-float max-md:bottom-20">
      <p role="status" className="flex-1 text-sm text-muted">
        {wrong === 0 ? 'Not saved yet. It will be in force at once.' : 'Something above has to be put right first.'}
      </p>
      <Button onClick={form.reset}>Discard</Button>
      <Button kind="primary" type="submit" busy={form.isBusy} disabled={wrong > 0}>
        Save
      </Button>
    </div>
  );
}

import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useId, useState } from 'react';
import type { ClientView } from '../../../src/admin/contract.ts';
import { call } from '../../api/client.ts';
import { ApiProblem, fieldErrors, sayProblem } from '../../api/problem.ts';
import { useClients } from '../../api/queries.ts';
import { queryKeys } from '../../api/query-keys.ts';
import { Banner } from '../../ui/banner.tsx';
import { Button } from '../../ui/button.tsx';
import { Sheet } from '../../ui/dialog.tsx';
import { showToast } from '../../ui/toasts.ts';
import { type ChangedField, changedFields } from '../providers/changed-fields.ts';
import { ConflictDialog } from '../providers/conflict-dialog.tsx';
import { clientChange, clientInput, clientProblems, draftClient } from './client-draft.ts';
import { ClientFields } from './client-form.tsx';

interface EditClientProps {
  readonly client: ClientView;
  readonly onClose: () => void;
}

/** Begins with what is shown; what others change meanwhile is told when it is saved. */
export function EditClient({ client, onClose }: EditClientProps) {
  const [base, setBase] = useState(client);
  const [draft, setDraft] = useState(() => draftClient(client));
  const [failure, setFailure] = useState<unknown>(null);
  const [conflict, setConflict] = useState<readonly ChangedField[] | null>(null);
  const [isBusy, setBusy] = useState(false);
  const { data: clients } = useClients();
  const cache = useQueryClient();
  const formId = useId();
  const current = clients?.find(({ id }) => id === client.id);
  const change = clientChange(draft, base);
  const others = (clients ?? []).filter(({ id }) => id !== client.id);
  const problems = {
    ...clientProblems(
      draft,
      others.map(({ name }) => name),
    ),
    ...fieldErrors(failure),
  };

  const send = async (version: number | null) => {
    if (Object.keys(change).length === 0) return onClose();
    setBusy(true);
    try {
      await call('PATCH /clients/{id}', { id: client.id, body: change, version });
      showToast({ title: `Saved ${draft.name.trim()}. It is in force.` });
      onClose();
    } catch (error) {
      if (error instanceof ApiProblem && error.code === 'conflict') {
        const theirs = (
          await cache.fetchQuery<readonly ClientView[]>({
            queryKey: queryKeys.clients,
            queryFn: async () => (await call('GET /clients', {})).items,
            staleTime: 0,
          })
        ).find(({ id }) => id === client.id);
        if (theirs === undefined) setFailure(error);
        else setConflict(changedFields(clientInput(draftClient(base)), clientInput(draftClient(theirs)), change));
      } else setFailure(error);
    } finally {
      setBusy(false);
      void cache.invalidateQueries({ queryKey: queryKeys.clients });
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (Object.keys(problems).length === 0) void send(base.version);
  };
  return (
    <Sheet
      open
      onClose={onClose}
      width="wide"
      title={`Edit ${client.name}`}
      description={`Its client key ${client.masked} stays as it is.`}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" form={formId} busy={isBusy} disabled={Object.keys(problems).length > 0}>
            Save
          </Button>
        </>
      }
    >
      <form id={formId} noValidate onSubmit={submit} className="flex flex-col gap-5">
        {failure !== null && (
          <Banner tone="rejected" urgent>
            {sayProblem(failure)}
          </Banner>
        )}
        <ClientFields
          draft={draft}
          errorOf={(field) => problems[field]}
          onType={(part) => {
            setDraft((before) => ({ ...before, ...part }));
            setFailure(null);
          }}
        />
      </form>
      <ConflictDialog
        what={client.name}
        changes={conflict}
        busy={isBusy}
        onReload={() => {
          if (current !== undefined) {
            setBase(current);
            setDraft(draftClient(current));
          }
          setConflict(null);
        }}
        onApply={() => {
          setConflict(null);
          void send(current?.version ?? base.version);
        }}
        onClose={() => setConflict(null)}
      />
    </Sheet>
  );
}

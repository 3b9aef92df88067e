import { useQueryClient } from '@tanstack/react-query';
import { KeyRound } from 'lucide-react';
import { type FormEvent, useId, useState } from 'react';
import { call } from '../../api/client.ts';
import { fieldErrors, sayProblem } from '../../api/problem.ts';
import { useClients, useProviders } from '../../api/queries.ts';
import { queryKeys } from '../../api/query-keys.ts';
import { Banner } from '../../ui/banner.tsx';
import { Button } from '../../ui/button.tsx';
import { Sheet } from '../../ui/dialog.tsx';
import { SecretBox } from '../../ui/secret-box.tsx';
import { SnippetTabs, snippetContextOf } from '../providers/snippet-tabs.tsx';
import { usualModel } from '../providers/usual-models.ts';
import { type ClientDraft, clientProblems, NEW_CLIENT, newClientInput } from './client-draft.ts';
import { ClientFields } from './client-form.tsx';

interface CreateClientProps {
  readonly open: boolean;
  readonly onClose: () => void;
}

interface Made {
  readonly name: string;
  readonly secret: string;
  readonly providers: readonly string[] | null;
}

export function CreateClient({ open, onClose }: CreateClientProps) {
  const [made, setMade] = useState<Made | null>(null);
  const [isBusy, setBusy] = useState(false);
  const formId = useId();
  const close = () => {
    setMade(null);
    onClose();
  };
  return (
    <Sheet
      open={open}
      onClose={close}
      width="wide"
      keepOpen
      title={made === null ? 'Create a client' : `${made.name} can call now`}
      description={
        made === null
          ? 'Whoever calls presents its client key where a key of the vendor would stand. It never goes upstream.'
          : 'Copy the client key: it is shown this once, and only its fingerprint is kept.'
      }
      footer={
        made === null ? (
          <>
            <Button onClick={close}>Cancel</Button>
            <Button kind="primary" type="submit" form={formId} busy={isBusy}>
              Create client
            </Button>
          </>
        ) : (
          <Button kind="primary" onClick={close}>
            I have copied it
          </Button>
        )
      }
    >
      {made === null ? <CreateForm id={formId} onMade={setMade} onBusy={setBusy} /> : <MadeClient made={made} />}
    </Sheet>
  );
}

interface CreateFormProps {
  readonly id: string;
  readonly onMade: (made: Made) => void;
  readonly onBusy: (busy: boolean) => void;
}

function CreateForm({ id, onMade, onBusy }: CreateFormProps) {
  const [draft, setDraft] = useState<ClientDraft>(NEW_CLIENT);
  const [isChecked, setChecked] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const { data: clients } = useClients();
  const cache = useQueryClient();
  const problems = clientProblems(
    draft,
    (clients ?? []).map(({ name }) => name),
  );
  const refused = fieldErrors(failure);
  const errorOf = (field: string) =>
    refused[field] ?? (isChecked || (field === 'name' && draft.name !== '') ? problems[field] : undefined);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setChecked(true);
    if (Object.keys(problems).length > 0) return;
    onBusy(true);
    try {
      const { client, secret } = await call('POST /clients', { body: newClientInput(draft) });
      onMade({ name: client.name, secret, providers: client.providers });
      void cache.invalidateQueries({ queryKey: queryKeys.clients });
      void cache.invalidateQueries({ queryKey: queryKeys.settings });
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
      {clients?.length === 0 && (
        <Banner icon={<KeyRound aria-hidden size={15} />}>
          This is the first client. From then on every caller has to present a client key; calls without one get 401.
        </Banner>
      )}
      <ClientFields
        draft={draft}
        errorOf={errorOf}
        onType={(part) => {
          setDraft((before) => ({ ...before, ...part }));
          setFailure(null);
        }}
      />
    </form>
  );
}

function MadeClient({ made }: { readonly made: Made }) {
  const { data: providers } = useProviders();
  const provider = providers?.find(
    ({ name, enabled, shadowed, restorableUntil }) =>
      enabled && !shadowed && restorableUntil === null && (made.providers === null || made.providers.includes(name)),
  );
  return (
    <div className="flex flex-col gap-6">
      <SecretBox secret={made.secret} what="Client key" />
      {provider !== undefined && (
        <section aria-label="Use it" className="flex flex-col gap-2">
          <h3 className="text-sm font-medium">Use it with {provider.name}</h3>
          <SnippetTabs
            label="Snippets"
            look="panel"
            context={snippetContextOf(provider, usualModel(provider.settings.preset, provider.settings.wire), {
              kind: 'secret',
              secret: made.secret,
            })}
          />
        </section>
      )}
    </div>
  );
}

import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useId, useState } from 'react';
import { useLocation } from 'wouter';
import type { ProviderView } from '../../../src/admin/contract.ts';
import { call } from '../../api/client.ts';
import { fieldErrors, sayProblem } from '../../api/problem.ts';
import { useProviders } from '../../api/queries.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Field, TextInput } from '../../ui/field.tsx';
import { patchProvider, refreshProviders } from './provider-acts.ts';
import { nameProblem } from './provider-draft.ts';

interface RenameProviderProps {
  readonly provider: ProviderView;
  readonly onClose: () => void;
}

export function RenameProvider({ provider, onClose }: RenameProviderProps) {
  const [name, setName] = useState(provider.name);
  const [failure, setFailure] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const { data: providers } = useProviders();
  const cache = useQueryClient();
  const [, navigate] = useLocation();
  const formId = useId();
  const taken = (providers ?? []).filter(({ id }) => id !== provider.id).map((other) => other.name);
  const problem = nameProblem(name, taken);
  const error = failure === null ? problem : (fieldErrors(failure).name ?? sayProblem(failure));

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (problem !== null) return;
    if (name.trim().toLowerCase() === provider.name) return onClose();
    setBusy(true);
    try {
      const { id, version } = provider;
      const renamed = await call('POST /providers/{id}/rename', { id, body: { name: name.trim() }, version });
      patchProvider(cache, renamed);
      navigate(`/providers/${renamed.name}`, { replace: true });
      onClose();
    } catch (reason) {
      setFailure(reason);
    } finally {
      setBusy(false);
      void refreshProviders(cache);
    }
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Rename ${provider.name}`}
      description={`The name is the first part of the URL: programs that call /${provider.name} have to be changed as well. What is known of its keys and limits stays.`}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" form={formId} busy={isBusy} disabled={problem !== null}>
            Rename
          </Button>
        </>
      }
    >
      <form id={formId} noValidate onSubmit={(event) => void submit(event)}>
        <Field label="Name" error={error ?? undefined}>
          {(control) => (
            <TextInput
              {...control}
              autoFocus
              value={name}
              onChange={(event) => {
                setName(event.target.value);
                setFailure(null);
              }}
            />
          )}
        </Field>
      </form>
    </Dialog>
  );
}

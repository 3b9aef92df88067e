import { type FormEvent, useState } from 'react';
import type { SettingsView } from '../../../src/admin/contract.ts';
import { call } from '../../api/client.ts';
import { fieldErrors, sayProblem } from '../../api/problem.ts';
import { Banner } from '../../ui/banner.tsx';
import { Button } from '../../ui/button.tsx';
import { Field, TextInput } from '../../ui/field.tsx';
import { FormSection } from '../../ui/form-section.tsx';
import { showToast } from '../../ui/toasts.ts';

/** A hint, not a rule: rotato itself says what it takes. */
const SHORT = 12;

export function PasswordSection({ settings }: { readonly settings: SettingsView }) {
  return (
    <FormSection
      id="password"
      title="Admin password"
      says="Opens this panel. Changing it signs out every other browser."
    >
      {settings.adminPassword.source === 'environment' ? (
        <Banner>{settings.adminPassword.note}</Banner>
      ) : (
        <PasswordForm note={settings.adminPassword.note} />
      )}
    </FormSection>
  );
}

function PasswordForm({ note }: { readonly note: string }) {
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [failure, setFailure] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const refused = fieldErrors(failure);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      await call('POST /settings/password', { body: { current, next } });
      setCurrent('');
      setNext('');
      setFailure(null);
      showToast({ title: 'The password is changed. Other browsers are signed out.' });
    } catch (error) {
      setFailure(error);
    } finally {
      setBusy(false);
    }
  };
  const typed = (set: (text: string) => void) => (event: { readonly target: { readonly value: string } }) => {
    set(event.target.value);
    setFailure(null);
  };
  const hint = next !== '' && next.length < SHORT ? `Short: ${SHORT} characters or more are hard to guess.` : note;
  return (
    <form onSubmit={(event) => void submit(event)} className="flex max-w-80 flex-col gap-4">
      {failure !== null && Object.keys(refused).length === 0 && (
        <Banner tone="rejected" urgent>
          {sayProblem(failure)}
        </Banner>
      )}
      <Field label="Current password" error={refused.current}>
        {(control) => (
          <TextInput
            {...control}
            type="password"
            autoComplete="current-password"
            value={current}
            onChange={typed(setCurrent)}
          />
        )}
      </Field>
      <Field label="New password" hint={hint} error={refused.next}>
        {(control) => (
          <TextInput {...control} type="password" autoComplete="new-password" value={next} onChange={typed(setNext)} />
        )}
      </Field>
      <Button type="submit" className="self-start" busy={isBusy} disabled={current === '' || next.trim() === ''}>
        Change password
      </Button>
    </form>
  );
}

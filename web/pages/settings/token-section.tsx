import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import type { AdminTokenView } from '../../../src/admin/contract.ts';
import { call } from '../../api/client.ts';
import { fieldErrors, sayProblem } from '../../api/problem.ts';
import { queryKeys } from '../../api/query-keys.ts';
import { Button } from '../../ui/button.tsx';
import { CodeBlock } from '../../ui/code-block.tsx';
import { ConfirmDialog, Dialog } from '../../ui/dialog.tsx';
import { Field, TextInput } from '../../ui/field.tsx';
import { FormSection } from '../../ui/form-section.tsx';
import { RelativeTime } from '../../ui/relative-time.tsx';
import { SecretBox } from '../../ui/secret-box.tsx';
import { showToast } from '../../ui/toasts.ts';

interface MadeToken {
  readonly name: string;
  readonly secret: string;
}

export function TokenSection() {
  const { data: tokens, error } = useQuery({
    queryKey: queryKeys.tokens,
    queryFn: async ({ signal }) => (await call('GET /tokens', { signal })).items,
  });
  const [made, setMade] = useState<MadeToken | null>(null);
  return (
    <FormSection
      id="tokens"
      title="Admin tokens"
      says={
        <>
          For scripts that manage rotato by its{' '}
          <a href="/admin/api/openapi.json" className="text-accent underline underline-offset-2">
            API
          </a>
          . A token may do all that this panel may.
        </>
      }
    >
      {error !== null && (
        <p role="alert" className="text-xs text-rejected">
          {sayProblem(error)}
        </p>
      )}
      {tokens !== undefined && tokens.length > 0 && (
        <ul aria-label="Admin tokens" className="divide-y divide-line rounded-lg border border-line">
          {tokens.map((token) => (
            <TokenRow key={token.id} token={token} />
          ))}
        </ul>
      )}
      <CreateToken onMade={setMade} />
      <Dialog
        open={made !== null}
        onClose={() => setMade(null)}
        width="wide"
        keepOpen
        title={`Token ${made?.name ?? ''}`}
        description="Copy it: it is shown this once, and only its fingerprint is kept."
        footer={
          <Button kind="primary" onClick={() => setMade(null)}>
            I have copied it
          </Button>
        }
      >
        {made !== null && (
          <div className="flex flex-col gap-4">
            <SecretBox secret={made.secret} what="Admin token" />
            <CodeBlock
              what="curl command"
              code={`curl ${location.origin}/admin/api/providers \\\n  -H 'Authorization: Bearer ${made.secret}'`}
            />
          </div>
        )}
      </Dialog>
    </FormSection>
  );
}

function CreateToken({ onMade }: { readonly onMade: (made: MadeToken) => void }) {
  const cache = useQueryClient();
  const [name, setName] = useState('');
  const [failure, setFailure] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      const { token, secret } = await call('POST /tokens', { body: { name: name.trim() } });
      onMade({ name: token.name, secret });
      setName('');
      setFailure(null);
      void cache.invalidateQueries({ queryKey: queryKeys.tokens });
    } catch (error) {
      setFailure(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)} className="flex items-start gap-2">
      <Field
        label="New token"
        hint="Name what will use it: deploy-script, backup."
        error={failure === null ? undefined : (fieldErrors(failure).name ?? sayProblem(failure))}
        className="w-full max-w-80"
      >
        {(control) => (
          <div className="flex gap-2">
            <TextInput
              {...control}
              placeholder="deploy-script"
              value={name}
              onChange={(event) => {
                setName(event.target.value);
                setFailure(null);
              }}
            />
            <Button type="submit" icon={<Plus aria-hidden size={14} />} busy={isBusy} disabled={name.trim() === ''}>
              Create token
            </Button>
          </div>
        )}
      </Field>
    </form>
  );
}

function TokenRow({ token }: { readonly token: AdminTokenView }) {
  const cache = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const revoke = async () => {
    setBusy(true);
    try {
      await call('DELETE /tokens/{id}', { id: token.id });
      showToast({ title: `Revoked ${token.name}.` });
      setAsking(false);
    } catch (error) {
      showToast({ title: `${token.name} could not be revoked.`, detail: sayProblem(error), tone: 'problem' });
    } finally {
      setBusy(false);
      void cache.invalidateQueries({ queryKey: queryKeys.tokens });
    }
  };
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 px-3 py-2 text-sm">
      <span className="min-w-0 flex-1">
        <span className="font-medium">{token.name}</span>{' '}
        <code className="font-mono text-xs text-faint">{token.masked}</code>
      </span>
      <span className="text-xs text-muted">
        created <RelativeTime at={token.createdAt} />, used <RelativeTime at={token.lastUsedAt} />
      </span>
      <Button size="small" kind="danger" aria-label={`Revoke ${token.name}`} onClick={() => setAsking(true)}>
        Revoke
      </Button>
      <ConfirmDialog
        open={isAsking}
        onClose={() => setAsking(false)}
        title={`Revoke ${token.name}?`}
        description="It stops working at once, and for good."
        act="Revoke token"
        busy={isBusy}
        onConfirm={() => void revoke()}
      />
    </li>
  );
}

import { useState } from 'react';
import { Link } from 'wouter';
import type { SettingsView } from '../../../src/admin/contract.ts';
import { useClients } from '../../api/queries.ts';
import { counted } from '../../format/numbers.ts';
import { Button } from '../../ui/button.tsx';
import { ConfirmDialog } from '../../ui/dialog.tsx';
import { FormSection } from '../../ui/form-section.tsx';
import { saySource } from './setting-catalog.ts';
import { SourceMark } from './setting-row.tsx';
import { useSettingChange } from './use-setting-change.ts';

/** Opening a server that was closed is asked about; closing it is not, but says who is left outside. */
export function AccessSection({ settings }: { readonly settings: SettingsView }) {
  const setting = settings.settings.find(({ name }) => name === 'access');
  const { data: clients } = useClients();
  const change = useSettingChange('access', 'Who may call', settings.storedVersion);
  const [isAsking, setAsking] = useState(false);
  const isOpen = settings.access === 'open';
  const set = async (access: 'open' | 'keys') => {
    await change.save(access, setting?.value ?? null);
    setAsking(false);
  };
  return (
    <FormSection id="access" title="Who may call" says="Whether callers have to present a client key.">
      <div className="flex flex-wrap items-start justify-between gap-3">
        <div className="flex min-w-0 flex-1 basis-60 flex-col gap-1">
          <p className="flex items-center gap-2 text-sm font-medium">
            {isOpen ? 'Open' : 'Client keys needed'}
            {setting !== undefined && <SourceMark setting={setting} />}
          </p>
          <p className="text-xs text-muted">
            {isOpen
              ? 'Every program on this machine may call, whatever key it sends. Only possible while rotato listens on this machine alone.'
              : `A call without a client key gets 401. ${clients === undefined ? '' : sayClients(clients.length)}`}{' '}
            <Link href="/clients" className="text-accent underline underline-offset-2">
              Clients
            </Link>
          </p>
          {setting !== undefined && !setting.editable && <p className="text-xs text-faint">{saySource(setting)}</p>}
          {change.error !== undefined && (
            <p role="alert" className="text-xs text-rejected">
              {change.error}
            </p>
          )}
        </div>
        {setting?.editable !== false && (
          <Button busy={change.isBusy} onClick={() => setAsking(true)}>
            {isOpen ? 'Ask for client keys' : 'Open it…'}
          </Button>
        )}
      </div>
      <ConfirmDialog
        open={isAsking}
        onClose={() => setAsking(false)}
        title={isOpen ? 'Ask for client keys?' : 'Let every program call?'}
        description={
          isOpen
            ? `Calls without a client key get 401 from now on. ${clients === undefined ? '' : sayClients(clients.length)}`
            : 'Every program on this machine may then spend your keys, without saying who it is.'
        }
        act={isOpen ? 'Ask for client keys' : 'Open it'}
        busy={change.isBusy}
        onConfirm={() => void set(isOpen ? 'keys' : 'open')}
      />
    </FormSection>
  );
}

function sayClients(count: number): string {
  return count === 0
    ? 'There is no client yet, so nobody can call.'
    : `${counted(count, 'client has one', 'clients have one')}.`;
}

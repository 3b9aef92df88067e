import { useQueryClient } from '@tanstack/react-query';
import { Ellipsis, Pencil, Plus, Trash2, Users } from 'lucide-react';
import { useState } from 'react';
import { useSearchParams } from 'wouter';
import type { ClientView } from '../../../src/admin/contract.ts';
import { call } from '../../api/client.ts';
import { sayProblem } from '../../api/problem.ts';
import { useClients } from '../../api/queries.ts';
import { queryKeys } from '../../api/query-keys.ts';
import { Button } from '../../ui/button.tsx';
import { ConfirmDialog } from '../../ui/dialog.tsx';
import { EmptyState, ErrorState } from '../../ui/empty-state.tsx';
import { IconButton } from '../../ui/icon-button.tsx';
import { Loading } from '../../ui/loading.tsx';
import { Menu, MenuItem, MenuSeparator } from '../../ui/menu.tsx';
import { NumberText } from '../../ui/number-text.tsx';
import { OriginBadge } from '../../ui/origin-badge.tsx';
import { PageHead } from '../../ui/page-head.tsx';
import { RelativeTime } from '../../ui/relative-time.tsx';
import { showToast } from '../../ui/toasts.ts';
import { AccessNote } from './access-note.tsx';
import { sayScope } from './client-draft.ts';
import { CreateClient } from './create-client.tsx';
import { EditClient } from './edit-client.tsx';

/** `?new=1` opens the form for a new client, `?edit=` that of another. */
export function ClientsPage() {
  const { data: clients, error, refetch } = useClients();
  const [query, setQuery] = useSearchParams();
  const edited = clients?.find(({ id }) => id === query.get('edit'));
  const create = () => setQuery({ new: '1' });
  const close = () => setQuery({});
  return (
    <div className="flex flex-col gap-6">
      <title>Clients · rotato</title>
      <PageHead
        title="Clients"
        description="Programs and people that may call, each with a key of its own that can be taken back."
        acts={
          <Button kind="primary" icon={<Plus aria-hidden size={15} />} onClick={create}>
            Create client
          </Button>
        }
      />
      <AccessNote />
      {clients === undefined ? (
        error === null ? (
          <Loading label="Reading the clients" />
        ) : (
          <ErrorState title="The clients could not be read." error={error} onRetry={() => void refetch()} />
        )
      ) : clients.length === 0 ? (
        <EmptyState
          icon={<Users aria-hidden size={20} />}
          title="No client yet"
          action={
            <Button kind="primary" icon={<Plus aria-hidden size={15} />} onClick={create}>
              Create the first client
            </Button>
          }
        >
          Give each program a key of its own: you see what it calls, limit it to some providers, and revoke it without
          touching the others.
        </EmptyState>
      ) : (
        <ClientTable clients={clients} onEdit={({ id }) => setQuery({ edit: id })} />
      )}
      <CreateClient open={query.get('new') !== null} onClose={close} />
      {edited !== undefined && <EditClient key={edited.id} client={edited} onClose={close} />}
    </div>
  );
}

interface ClientTableProps {
  readonly clients: readonly ClientView[];
  readonly onEdit: (client: ClientView) => void;
}

function ClientTable({ clients, onEdit }: ClientTableProps) {
  return (
    <table aria-label="Clients" className="w-full text-left text-sm max-md:block">
      <thead className="text-xs text-faint max-md:sr-only">
        <tr className="border-b border-line-strong">
          <th scope="col" className="py-2 pr-4 font-normal">
            Client
          </th>
          <th scope="col" className="py-2 pr-4 font-normal">
            May call
          </th>
          <th scope="col" className="py-2 pr-4 text-right font-normal">
            Requests
          </th>
          <th scope="col" className="py-2 pr-4 text-right font-normal">
            Last used
          </th>
          <th scope="col" className="py-2 pr-4 text-right font-normal">
            Created
          </th>
          <th scope="col" className="w-8">
            <span className="sr-only">Acts</span>
          </th>
        </tr>
      </thead>
      <tbody className="max-md:flex max-md:flex-col max-md:gap-3">
        {clients.map((client) => (
          <ClientRow key={client.id} client={client} onEdit={() => onEdit(client)} />
        ))}
      </tbody>
    </table>
  );
}

/** On a phone a card: the same cells, two in a line. */
function ClientRow({ client, onEdit }: { readonly client: ClientView; readonly onEdit: () => void }) {
  return (
    <tr className="border-b border-line hover:bg-hover max-md:relative max-md:grid max-md:grid-cols-2 max-md:gap-x-4 max-md:gap-y-1.5 max-md:rounded-xl max-md:border max-md:p-3">
      <th scope="row" className="py-2.5 pr-4 font-normal max-md:col-span-2 max-md:py-0">
        <span className="flex items-center gap-1.5">
          <span className="font-medium">{client.name}</span>
          <OriginBadge origin={client.origin} shadowed={client.shadowed} />
        </span>
        <code className="font-mono text-xs text-faint">{client.masked}</code>
      </th>
      <td className="py-2.5 pr-4 text-muted max-md:col-span-2 max-md:py-0">{sayScope(client)}</td>
      <td className="py-2.5 pr-4 text-right max-md:py-0 max-md:text-left">
        <NumberText value={client.requests} />
        <span className="text-xs text-faint md:hidden"> requests</span>
      </td>
      <td className="py-2.5 pr-4 text-right text-xs text-muted max-md:py-0">
        <span className="md:hidden">used </span>
        <RelativeTime at={client.lastUsedAt} />
      </td>
      <td className="py-2.5 pr-4 text-right text-xs text-muted max-md:hidden">
        {client.createdAt === null ? <span className="text-faint">—</span> : <RelativeTime at={client.createdAt} />}
      </td>
      <td className="py-2.5 text-right max-md:absolute max-md:top-2 max-md:right-2 max-md:py-0">
        <ClientMenu client={client} onEdit={onEdit} />
      </td>
    </tr>
  );
}

function ClientMenu({ client, onEdit }: { readonly client: ClientView; readonly onEdit: () => void }) {
  const [isRevoking, setRevoking] = useState(false);
  const isOurs = client.origin === 'store';
  const elsewhere = isOurs ? {} : { hint: 'Change it in the configuration instead' };
  return (
    <>
      <Menu
        label={`Acts on ${client.name}`}
        trigger={
          <IconButton size="small" label={`More for ${client.name}`} icon={<Ellipsis aria-hidden size={16} />} />
        }
      >
        <MenuItem icon={<Pencil aria-hidden size={14} />} disabled={!isOurs} {...elsewhere} onSelect={onEdit}>
          Edit
        </MenuItem>
        <MenuSeparator />
        <MenuItem
          danger
          icon={<Trash2 aria-hidden size={14} />}
          disabled={!isOurs}
          {...elsewhere}
          onSelect={() => setRevoking(true)}
        >
          Revoke…
        </MenuItem>
      </Menu>
      <RevokeClient client={client} open={isRevoking} onClose={() => setRevoking(false)} />
    </>
  );
}

interface RevokeClientProps {
  readonly client: ClientView;
  readonly open: boolean;
  readonly onClose: () => void;
}

function RevokeClient({ client, open, onClose }: RevokeClientProps) {
  const cache = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const revoke = async () => {
    setBusy(true);
    try {
      await call('DELETE /clients/{id}', { id: client.id });
      showToast({ title: `Revoked ${client.name}. Its key opens nothing now.` });
      onClose();
    } catch (error) {
      showToast({ title: `${client.name} could not be revoked.`, detail: sayProblem(error), tone: 'problem' });
    } finally {
      setBusy(false);
      void cache.invalidateQueries({ queryKey: queryKeys.clients });
    }
  };
  return (
    <ConfirmDialog
      open={open}
      onClose={onClose}
      title={`Revoke ${client.name}?`}
      description="Its client key stops working at once, and for good: calls with it get 401. To let it call again, create a new client."
      act="Revoke client"
      busy={isBusy}
      onConfirm={() => void revoke()}
    />
  );
}

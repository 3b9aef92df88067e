import { CircleOff, Ellipsis, FileText, PencilLine, Plug, Plus, Trash2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Link, useLocation, useSearchParams } from 'wouter';
import type { PresetView, ProviderView } from '../../../src/admin/contract.ts';
import { ApiProblem } from '../../api/problem.ts';
import { usePresets, useProvider, useProviders } from '../../api/queries.ts';
import { Badge } from '../../ui/badge.tsx';
import { Banner } from '../../ui/banner.tsx';
import { Button, buttonClasses } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { EmptyState, ErrorState } from '../../ui/empty-state.tsx';
import { IconButton } from '../../ui/icon-button.tsx';
import { Loading } from '../../ui/loading.tsx';
import { Menu, MenuItem, MenuSeparator } from '../../ui/menu.tsx';
import { OriginBadge } from '../../ui/origin-badge.tsx';
import { PageHead } from '../../ui/page-head.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { ConnectPanel } from './connect-panel.tsx';
import { EnableItem } from './enable-item.tsx';
import { KeysPanel } from './keys/keys-panel.tsx';
import { ModelsPanel } from './models-panel.tsx';
import { useProviderActs } from './provider-acts.ts';
import { DeleteProvider } from './provider-card.tsx';
import { healthOf } from './provider-health.ts';
import { ProviderSettingsForm } from './provider-settings-form.tsx';
import { RenameProvider } from './rename-provider.tsx';
import { baseUrlOf } from './snippets.ts';

const TABS = ['keys', 'connect', 'settings', 'models'] as const;
type Tab = (typeof TABS)[number];

/** `?tab=` names what is shown, `?add=keys` and `?key=` open what lies over it; the filters of the keys are beside them. */
export function ProviderPage({ name }: { readonly name: string }) {
  const { data, error, refetch } = useProvider(name);
  const { data: providers } = useProviders();
  const { data: presets } = usePresets();
  const isGone = error instanceof ApiProblem && error.code === 'not-found';
  // By its name only a provider in force is found; one that was just deleted still stands in the list.
  const provider = isGone ? providers?.find((other) => other.name === name && other.restorableUntil !== null) : data;
  if (provider === undefined) {
    if (error === null) return <Loading label="Reading the provider" />;
    if (isGone) return <NoSuchProvider name={name} />;
    return <ErrorState title={`${name} could not be read.`} error={error} onRetry={() => void refetch()} />;
  }
  return (
    <KnownProvider provider={provider} preset={presets?.find((preset) => preset.name === provider.settings.preset)} />
  );
}

interface KnownProviderProps {
  readonly provider: ProviderView;
  readonly preset: PresetView | undefined;
}

function KnownProvider({ provider, preset }: KnownProviderProps) {
  const [query, setQuery] = useSearchParams();
  const tab = TABS.find((known) => known === query.get('tab')) ?? 'keys';
  const show = (next: Tab) => setQuery(next === 'keys' ? {} : { tab: next });
  const addKeys = () => setQuery({ add: 'keys' });
  return (
    <div className="flex flex-col gap-5">
      <title>{`${provider.name} · rotato`}</title>
      <ProviderHead provider={provider} preset={preset} onAddKeys={addKeys} />
      <ProviderNotes provider={provider} />
      <Tabs
        label={`About ${provider.name}`}
        value={tab}
        onChange={show}
        tabs={[
          {
            value: 'keys',
            label: 'Keys',
            content: (
              <Below>
                <KeysPanel provider={provider} preset={preset} />
              </Below>
            ),
          },
          {
            value: 'connect',
            label: 'Connect',
            content: (
              <Below>
                <ConnectPanel provider={provider} />
              </Below>
            ),
          },
          {
            value: 'settings',
            label: 'Settings',
            content: (
              <Below>
                <ProviderSettingsForm key={provider.id} provider={provider} preset={preset} />
              </Below>
            ),
          },
          {
            value: 'models',
            label: 'Models',
            content: (
              <Below>
                <ModelsPanel provider={provider} />
              </Below>
            ),
          },
        ]}
      />
    </div>
  );
}

function Below({ children }: { readonly children: ReactNode }) {
  return <div className="pt-5">{children}</div>;
}

function ProviderHead({ provider, preset, onAddKeys }: KnownProviderProps & { readonly onAddKeys: () => void }) {
  const health = healthOf(provider, preset?.keyOptional ?? false);
  const baseUrl = baseUrlOf({ origin: location.origin, provider: provider.name });
  return (
    <PageHead
      above={
        <nav aria-label="Above" className="text-xs text-faint">
          <Link href="/providers" className="rounded-sm hover:text-ink">
            Providers
          </Link>
          <span aria-hidden> /</span>
        </nav>
      }
      title={provider.name}
      marks={
        <>
          <Badge tone={health.tone}>{health.word}</Badge>
          <OriginBadge origin={provider.origin} shadowed={provider.shadowed} />
        </>
      }
      description={
        <>
          {preset?.title ?? `${provider.settings.wire} wire`} · {health.says}
        </>
      }
      acts={
        <>
          <span className="inline-flex h-8 max-w-full max-sm:order-last max-sm:w-full max-sm:justify-between items-center gap-1.5 rounded-md border border-line bg-sunken pr-1 pl-2.5">
            <Plug aria-hidden size={13} className="shrink-0 text-faint" />
            <code className="truncate font-mono text-xs">{baseUrl}</code>
            <CopyButton text={baseUrl} what="base URL" />
          </span>
          <HeadMenu provider={provider} />
          {provider.origin === 'store' && (
            <Button kind="primary" icon={<Plus aria-hidden size={15} />} onClick={onAddKeys}>
              Add keys
            </Button>
          )}
        </>
      }
    />
  );
}

function HeadMenu({ provider }: { readonly provider: ProviderView }) {
  const acts = useProviderActs();
  const [, navigate] = useLocation();
  const [open, setOpen] = useState<'rename' | 'delete' | null>(null);
  const isOurs = provider.origin === 'store';
  const elsewhere = isOurs ? {} : { hint: 'Change it in the configuration instead' };
  return (
    <>
      <Menu
        label={`Acts on ${provider.name}`}
        trigger={
          <IconButton label="More" icon={<Ellipsis aria-hidden size={16} />} className="border border-line-strong" />
        }
      >
        <MenuItem
          icon={<PencilLine aria-hidden size={14} />}
          disabled={!isOurs}
          {...elsewhere}
          onSelect={() => setOpen('rename')}
        >
          Rename…
        </MenuItem>
        <EnableItem provider={provider} acts={acts} />
        <MenuSeparator />
        <MenuItem
          danger
          icon={<Trash2 aria-hidden size={14} />}
          disabled={!isOurs}
          {...elsewhere}
          onSelect={() => setOpen('delete')}
        >
          Delete…
        </MenuItem>
      </Menu>
      {open === 'rename' && <RenameProvider provider={provider} onClose={() => setOpen(null)} />}
      <DeleteProvider
        provider={provider}
        open={open === 'delete'}
        onClose={() => setOpen(null)}
        onDeleted={() => navigate('/providers')}
      />
    </>
  );
}

/** What is true of it and changes what can be done here. */
function ProviderNotes({ provider }: { readonly provider: ProviderView }) {
  const acts = useProviderActs();
  return (
    <>
      {provider.restorableUntil !== null && (
        <Banner
          tone="resting"
          action={
            <Button size="small" onClick={() => void acts.restore(provider)}>
              Restore
            </Button>
          }
        >
          {provider.name} was deleted a moment ago. For a minute it can be had back, keys and all.
        </Banner>
      )}
      {provider.shadowed && (
        <Banner tone="resting" icon={<FileText aria-hidden size={15} />}>
          The configuration file has a provider of this name, which is in force. This one is kept as it is; rename it to
          use both.
        </Banner>
      )}
      {provider.origin !== 'store' && (
        <Banner icon={<FileText aria-hidden size={15} />}>
          {provider.origin === 'file' ? 'The configuration file' : 'The environment'} manages this provider: settings
          and keys are changed there{provider.origin === 'file' ? ' and apply at once' : ''}. Disable, drain, restore
          and test work here.
        </Banner>
      )}
      {!provider.enabled && provider.restorableUntil === null && (
        <Banner
          tone="resting"
          icon={<CircleOff aria-hidden size={15} />}
          action={
            <Button size="small" onClick={() => void acts.setEnabled(provider, true)}>
              Enable
            </Button>
          }
        >
          {provider.name} is disabled: calls to it get 503.
        </Banner>
      )}
    </>
  );
}

function NoSuchProvider({ name }: { readonly name: string }) {
  return (
    <EmptyState
      alone
      title={`There is no provider called ${name}`}
      action={
        <Link href="/providers" className={buttonClasses()}>
          All providers
        </Link>
      }
    >
      It may have been renamed or deleted.
    </EmptyState>
  );
}

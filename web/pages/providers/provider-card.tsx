import { Ellipsis, Plug, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'wouter';
import type { PoolView, PresetView, ProviderView } from '../../../src/admin/contract.ts';
import { counted, numberText } from '../../format/numbers.ts';
import { Badge } from '../../ui/badge.tsx';
import { classNames } from '../../ui/class-names.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { ConfirmDialog } from '../../ui/dialog.tsx';
import { IconButton } from '../../ui/icon-button.tsx';
import { Menu, MenuItem, MenuSeparator } from '../../ui/menu.tsx';
import { OriginBadge } from '../../ui/origin-badge.tsx';
import { EnableItem } from './enable-item.tsx';
import { useProviderActs } from './provider-acts.ts';
import { healthOf, keyShares } from './provider-health.ts';
import { ProviderMark } from './provider-mark.tsx';
import { baseUrlOf } from './snippets.ts';

interface ProviderCardProps {
  readonly provider: ProviderView;
  readonly preset: PresetView | undefined;
  /** What the pool says of it now; undefined for what is not in force. */
  readonly live: Pick<PoolView['providers'][number], 'running' | 'waiting' | 'capacityNow'> | undefined;
}

const FILLS = {
  ready: 'bg-ready-fill',
  resting: 'bg-resting-fill',
  exhausted: 'bg-exhausted-fill',
  rejected: 'bg-rejected-fill',
  disabled: 'bg-disabled-fill',
} as const;

/** The whole card leads to the provider's page; what is on it can be used without going there. */
export function ProviderCard({ provider, preset, live }: ProviderCardProps) {
  const health = healthOf(provider, preset?.keyOptional ?? false);
  const baseUrl = baseUrlOf({ origin: location.origin, provider: provider.name });
  return (
    <li
      className={classNames(
        'group/card relative flex min-w-0 flex-col gap-4 rounded-xl border border-line bg-surface p-4 transition-colors',
        'hover:border-line-strong',
      )}
    >
      <div className="flex items-start gap-3">
        <ProviderMark title={preset?.title ?? provider.name} dimmed={!provider.enabled || provider.shadowed} />
        <div className="min-w-0 flex-1">
          <h2 className="truncate text-base font-semibold">
            <Link
              href={`/providers/${provider.name}`}
              className="rounded-sm before:absolute before:inset-0 before:rounded-xl focus-visible:outline-none focus-visible:before:outline-2 focus-visible:before:outline-accent"
            >
              {provider.name}
            </Link>
          </h2>
          <p className="truncate text-xs text-faint">{preset?.title ?? `${provider.settings.wire} wire`}</p>
        </div>
        <div className="relative flex items-center gap-1">
          <OriginBadge origin={provider.origin} shadowed={provider.shadowed} />
          <CardMenu provider={provider} />
        </div>
      </div>
      <div className="flex flex-col gap-2">
        <div className="flex items-center gap-2">
          <Badge tone={health.tone}>{health.word}</Badge>
          {provider.enabled && provider.keyCounts.all > 0 && (
            <span className="live ml-auto text-xs text-faint">{sayLive(live)}</span>
          )}
        </div>
        <KeyShares counts={provider.keyCounts} />
        <p className="text-xs text-muted">{health.says}</p>
      </div>
      <div className="mt-auto flex items-center gap-1 border-t border-line pt-3">
        <Plug aria-hidden size={13} className="shrink-0 text-faint" />
        <code className="min-w-0 flex-1 truncate font-mono text-xs text-muted">{baseUrl}</code>
        <span className="relative">
          <CopyButton text={baseUrl} what={`base URL of ${provider.name}`} />
        </span>
      </div>
    </li>
  );
}

function sayLive(live: ProviderCardProps['live']): string {
  if (live === undefined) return '';
  const room = live.capacityNow === null ? 'no limit known' : `room for ${numberText(live.capacityNow)} now`;
  const busy = [
    live.running > 0 ? `${numberText(live.running)} running` : '',
    live.waiting > 0 ? `${counted(live.waiting, 'call')} waiting` : '',
  ].filter(Boolean);
  return [...busy, room].join(' · ');
}

function KeyShares({ counts }: { readonly counts: ProviderView['keyCounts'] }) {
  return (
    <div aria-hidden className="flex h-1.5 gap-0.5 overflow-hidden rounded-full bg-track">
      {keyShares(counts).map(({ tone, percent }) => (
        <span
          key={tone}
          className={classNames('transition-[width] duration-300 ease-glide', FILLS[tone])}
          style={{ width: `${percent}%` }}
        />
      ))}
    </div>
  );
}

function CardMenu({ provider }: { readonly provider: ProviderView }) {
  const acts = useProviderActs();
  const [isDeleting, setDeleting] = useState(false);
  return (
    <>
      <Menu
        label={`Acts on ${provider.name}`}
        trigger={
          <IconButton size="small" label={`More for ${provider.name}`} icon={<Ellipsis aria-hidden size={16} />} />
        }
      >
        <EnableItem provider={provider} acts={acts} />
        <MenuSeparator />
        <MenuItem
          danger
          icon={<Trash2 aria-hidden size={14} />}
          disabled={provider.origin !== 'store'}
          {...(provider.origin === 'store' ? {} : { hint: 'Take it out of the configuration instead' })}
          onSelect={() => setDeleting(true)}
        >
          Delete…
        </MenuItem>
      </Menu>
      <DeleteProvider
        provider={provider}
        open={isDeleting}
        onClose={() => setDeleting(false)}
        onDeleted={() => undefined}
      />
    </>
  );
}

interface DeleteProviderProps {
  readonly provider: ProviderView;
  readonly open: boolean;
  readonly onClose: () => void;
  readonly onDeleted: () => void;
}

const MANY_KEYS = 10;

export function DeleteProvider({ provider, open, onClose, onDeleted }: DeleteProviderProps) {
  const acts = useProviderActs();
  const [isBusy, setBusy] = useState(false);
  const count = provider.keyCounts.all;
  const confirm = async () => {
    setBusy(true);
    const done = await acts.remove(provider);
    setBusy(false);
    onClose();
    if (done) onDeleted();
  };
  return (
    <ConfirmDialog
      open={open}
      onClose={onClose}
      title={`Delete ${provider.name}?`}
      description={`Calls to /${provider.name} get 404 at once${count === 0 ? '' : `, and its ${counted(count, 'key')} go with it`}. You can undo it for a minute; then the keys are gone for good.`}
      act="Delete provider"
      busy={isBusy}
      onConfirm={() => void confirm()}
      {...(count >= MANY_KEYS ? { typeToConfirm: provider.name } : {})}
    />
  );
}

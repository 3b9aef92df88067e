import { TriangleAlert } from 'lucide-react';
import { useMemo } from 'react';
import { Redirect, useSearchParams } from 'wouter';
import type { PoolView, ProviderView } from '../../../src/admin/contract.ts';
import { useNotices, usePool, useProviders, useSettings, useTraffic } from '../../api/queries.ts';
import { LIVE_WINDOW } from '../../api/query-keys.ts';
import { LiveIndicator } from '../../shell/live-indicator.tsx';
import { Banner } from '../../ui/banner.tsx';
import { ErrorState } from '../../ui/empty-state.tsx';
import { Loading } from '../../ui/loading.tsx';
import { PageHead } from '../../ui/page-head.tsx';
import { Select } from '../../ui/select.tsx';
import { NoticeList } from './notice-list.tsx';
import { ProviderQuota } from './provider-quota.tsx';
import { SetAsideList } from './set-aside-list.tsx';
import { TrafficStats } from './traffic-stats.tsx';
import { listSetAside } from './what-is-next.ts';

const WINDOWS = [
  { value: '5m', label: 'Last 5 minutes' },
  { value: LIVE_WINDOW, label: 'Last 15 minutes' },
  { value: '1h', label: 'Last hour' },
] as const;

export function OverviewPage() {
  const [query, setQuery] = useSearchParams();
  const asked = query.get('window');
  const window = WINDOWS.find(({ value }) => value === asked)?.value ?? LIVE_WINDOW;
  const providers = useProviders();
  const traffic = useTraffic(window);
  if (providers.data?.length === 0 && providers.isFetchedAfterMount) return <Redirect to="/welcome" replace />;
  return (
    <div className="flex flex-col gap-8">
      <title>Overview · rotato</title>
      <PageHead
        title="Overview"
        acts={
          <>
            <Select
              look="quiet"
              label="Stretch of time"
              value={window}
              options={WINDOWS}
              onChange={(next) => setQuery(next === LIVE_WINDOW ? {} : { window: next }, { replace: true })}
            />
            <LiveIndicator />
          </>
        }
      />
      <Warnings />
      {traffic.data !== undefined && <TrafficStats traffic={traffic.data} />}
      <Quotas providers={providers.data ?? []} />
    </div>
  );
}

function Warnings() {
  const warnings = useSettings().data?.warnings ?? [];
  if (warnings.length === 0) return null;
  return (
    <div className="flex flex-col gap-2">
      {warnings.map((warning) => (
        <Banner key={warning} tone="resting" icon={<TriangleAlert aria-hidden size={16} />}>
          {warning}
        </Banner>
      ))}
    </div>
  );
}

function Quotas({ providers }: { readonly providers: readonly ProviderView[] }) {
  const pool = usePool();
  const notices = useNotices();
  if (pool.data === undefined) {
    if (!pool.isError) return <Loading lines={6} label="Loading the pool" />;
    return (
      <ErrorState
        title="The state of the pool could not be read"
        error={pool.error}
        stillWorks="Calls through rotato are not touched by this."
        onRetry={() => void pool.refetch()}
      />
    );
  }
  return (
    <div className="grid gap-x-10 gap-y-10 lg:grid-cols-[minmax(0,1fr)_256px]">
      <QuotaSections pool={pool.data} providers={providers} />
      <aside aria-label="News" className="flex flex-col gap-8">
        <News pool={pool.data} />
        <NoticeList notices={notices.data ?? []} />
      </aside>
    </div>
  );
}

function QuotaSections({ pool, providers }: { readonly pool: PoolView; readonly providers: readonly ProviderView[] }) {
  return (
    <div className="flex min-w-0 flex-col gap-8">
      {pool.providers.map((live) => (
        <ProviderQuota
          key={live.name}
          live={live}
          provider={providers.find(({ name, shadowed }) => name === live.name && !shadowed) ?? null}
        />
      ))}
    </div>
  );
}

function News({ pool }: { readonly pool: PoolView }) {
  const entries = useMemo(() => listSetAside(pool), [pool]);
  return <SetAsideList entries={entries} />;
}

import { QueryClientProvider } from '@tanstack/react-query';
import { type ComponentType, lazy, Suspense } from 'react';
import { Link, Route, Router, Switch, useLocation } from 'wouter';
import { queryClient } from './api/query-client.ts';
import { OverviewPage } from './pages/overview/overview-page.tsx';
import { SessionGate } from './session/session-gate.tsx';
import { PageBoundary } from './shell/page-boundary.tsx';
import { Shell } from './shell/shell.tsx';
import { buttonClasses } from './ui/button.tsx';
import { EmptyState } from './ui/empty-state.tsx';
import { Loading } from './ui/loading.tsx';
import { Toaster } from './ui/toast.tsx';
import { TooltipProvider } from './ui/tooltip.tsx';

const ProvidersPage = page(() => import('./pages/providers/providers-page.tsx').then((it) => it.ProvidersPage));
const ProviderPage = page(() => import('./pages/providers/provider-page.tsx').then((it) => it.ProviderPage));
const ClientsPage = page(() => import('./pages/clients/clients-page.tsx').then((it) => it.ClientsPage));
const PlaygroundPage = page(() => import('./pages/playground/playground-page.tsx').then((it) => it.PlaygroundPage));
const SettingsPage = page(() => import('./pages/settings/settings-page.tsx').then((it) => it.SettingsPage));
const WelcomePage = page(() => import('./pages/welcome/welcome-page.tsx').then((it) => it.WelcomePage));

/** Fetched when it is first looked at. */
function page<Props extends object>(load: () => Promise<ComponentType<Props>>) {
  return lazy(async () => ({ default: await load() }));
}

export function App() {
  return (
    <QueryClientProvider client={queryClient}>
      <TooltipProvider>
        <Router base="/admin">
          <SessionGate>
            <Suspense fallback={<Loading />}>
              <Switch>
                <Route path="/welcome">
                  <WelcomePage />
                </Route>
                <Route>
                  <Shell>
                    <Pages />
                  </Shell>
                </Route>
              </Switch>
            </Suspense>
          </SessionGate>
        </Router>
        <Toaster />
      </TooltipProvider>
    </QueryClientProvider>
  );
}

function Pages() {
  const [path] = useLocation();
  return (
    <PageBoundary key={path}>
      <Suspense fallback={<Loading lines={6} />}>
        <Switch>
          <Route path="/">
            <OverviewPage />
          </Route>
          <Route path="/providers">
            <ProvidersPage />
          </Route>
          <Route path="/providers/:name">{({ name }) => <ProviderPage key={name} name={name} />}</Route>
          <Route path="/clients">
            <ClientsPage />
          </Route>
          <Route path="/playground">
            <PlaygroundPage />
          </Route>
          <Route path="/settings">
            <SettingsPage />
          </Route>
          <Route>
            <NoSuchPage />
          </Route>
        </Switch>
      </Suspense>
    </PageBoundary>
  );
}

function NoSuchPage() {
  return (
    <EmptyState
      alone
      title="There is no such page"
      action={
        <Link href="/" className={buttonClasses('primary')}>
          Go to the overview
        </Link>
      }
    >
      The address may be old, or mistyped.
    </EmptyState>
  );
}

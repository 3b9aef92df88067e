import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import { undoLast } from '../ui/toasts.ts';
import { BottomBar, TopBar } from './bottom-bar.tsx';
import { PAGES, type PanelPage } from './pages.ts';
import { ShortcutList } from './shortcut-list.tsx';
import { EVERYWHERE, startShortcuts, useShortcut } from './shortcuts.ts';
import { Sidebar } from './sidebar.tsx';

const Palette = lazy(() => import('./palette.tsx').then(({ Palette }) => ({ default: Palette })));

/** What stands around every page. */
export function Shell({ children }: { readonly children: ReactNode }) {
  const [overlay, setOverlay] = useState<'palette' | 'shortcuts' | null>(null);
  const close = () => setOverlay(null);
  useEffect(() => startShortcuts(), []);
  useShortcut({ keys: 'mod+k', what: 'Find anything', where: EVERYWHERE }, () => setOverlay('palette'));
  useShortcut({ keys: '?', what: 'This list', where: EVERYWHERE }, () => setOverlay('shortcuts'));
  useShortcut({ keys: 'u', what: 'Undo, while it is offered', where: EVERYWHERE }, undoLast);
  return (
    <div className="flex min-h-dvh">
      <a
        href="#page"
        className="sr-only z-50 rounded-md bg-raised px-3 py-2 shadow-float focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to the page
      </a>
      {PAGES.map((page) => (
        <PageShortcut key={page.path} page={page} />
      ))}
      <Sidebar onFind={() => setOverlay('palette')} onShowShortcuts={() => setOverlay('shortcuts')} />
      <div className="flex min-w-0 flex-1 flex-col border-line bg-surface md:border-l">
        <TopBar onFind={() => setOverlay('palette')} />
        <main
          id="page"
          tabIndex={-1}
          className="mx-auto w-full max-w-[1200px] flex-1 px-4 pt-5 pb-24 outline-none md:px-8 md:pt-7 md:pb-12"
        >
          {children}
        </main>
        <BottomBar />
      </div>
      {overlay === 'palette' && (
        <Suspense>
          <Palette onClose={close} onShowShortcuts={() => setOverlay('shortcuts')} />
        </Suspense>
      )}
      <ShortcutList open={overlay === 'shortcuts'} onClose={close} />
    </div>
  );
}

function PageShortcut({ page }: { readonly page: PanelPage }) {
  const [, go] = useLocation();
  useShortcut({ keys: `g ${page.letter}`, what: `Go to ${page.title}`, where: 'Pages' }, () => go(page.path));
  return null;
}

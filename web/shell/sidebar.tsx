import { Keyboard, LogOut, Search } from 'lucide-react';
import { Link, useLocation } from 'wouter';
import { signOut } from '../session/session-gate.tsx';
import { classNames } from '../ui/class-names.ts';
import { IconButton } from '../ui/icon-button.tsx';
import { Shortcut } from '../ui/shortcut.tsx';
import { useCounts } from './counts.ts';
import { BrokenLineNote } from './live-indicator.tsx';
import { isPageAt, PAGES } from './pages.ts';
import { ThemeMenu } from './theme-menu.tsx';
import { Wordmark } from './wordmark.tsx';

interface SidebarProps {
  readonly onFind: () => void;
  readonly onShowShortcuts: () => void;
}

export function Sidebar({ onFind, onShowShortcuts }: SidebarProps) {
  return (
    <header className="sticky top-0 hidden h-dvh w-56 shrink-0 flex-col gap-1 px-3 py-4 md:flex">
      <div className="flex h-8 items-center justify-between px-2">
        <Link href="/" aria-label="rotato, overview" className="rounded-sm">
          <Wordmark />
        </Link>
        <BrokenLineNote />
      </div>
      <button
        type="button"
        onClick={onFind}
        className="mt-3 mb-2 flex h-8 items-center gap-2 rounded-md border border-line bg-surface px-2 text-sm text-faint hover:border-line-strong"
      >
        <Search aria-hidden size={14} />
        <span className="flex-1 truncate text-left">Find anything</span>
        <Shortcut keys="mod+k" />
      </button>
      <Navigation />
      <div className="mt-auto flex items-center gap-1">
        <ThemeMenu />
        <IconButton
          label="Keyboard shortcuts"
          shortcut="?"
          icon={<Keyboard aria-hidden size={16} />}
          onClick={onShowShortcuts}
        />
        <span className="flex-1" />
        <IconButton label="Sign out" icon={<LogOut aria-hidden size={16} />} onClick={() => void signOut()} />
      </div>
    </header>
  );
}

function Navigation() {
  const [path] = useLocation();
  const counts = useCounts();
  return (
    <nav aria-label="Pages">
      <ul className="flex flex-col gap-px">
        {PAGES.map((page) => {
          const current = isPageAt(page, path);
          const count = page.counts === undefined ? null : counts[page.counts];
          return (
            <li key={page.path}>
              <Link
                href={page.path}
                aria-current={current ? 'page' : undefined}
                className={classNames(
                  'flex h-8 items-center gap-2.5 rounded-md px-2 text-sm',
                  current ? 'bg-hover font-medium text-ink' : 'text-muted hover:bg-hover hover:text-ink',
                )}
              >
                <page.icon aria-hidden size={16} className={current ? 'text-accent' : 'text-faint'} />
                <span className="flex-1">{page.title}</span>
                {count !== null && count > 0 && <span className="text-xs font-normal text-faint">{count}</span>}
              </Link>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}

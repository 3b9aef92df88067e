import { LogOut, Search } from 'lucide-react';
import { Link, useLocation } from 'wouter';
import { signOut } from '../session/session-gate.tsx';
import { classNames } from '../ui/class-names.ts';
import { IconButton } from '../ui/icon-button.tsx';
import { BrokenLineNote } from './live-indicator.tsx';
import { isPageAt, PAGES } from './pages.ts';
import { ThemeMenu } from './theme-menu.tsx';
import { Wordmark } from './wordmark.tsx';

/** On a phone: pages at the bottom, where the thumb is. */
export function BottomBar() {
  const [path] = useLocation();
  return (
    <nav
      aria-label="Pages"
      className="fixed inset-x-0 bottom-0 z-30 border-t border-line bg-canvas pb-[env(safe-area-inset-bottom)] md:hidden"
    >
      <ul className="flex">
        {PAGES.map((page) => {
          const current = isPageAt(page, path);
          return (
            <li key={page.path} className="flex-1">
              <Link
                href={page.path}
                aria-current={current ? 'page' : undefined}
                className={classNames(
                  'flex h-14 flex-col items-center justify-center gap-1 text-2xs focus-visible:-outline-offset-2',
                  current ? 'font-medium text-ink' : 'text-muted',
                )}
              >
                <page.icon aria-hidden size={18} className={current ? 'text-accent' : 'text-faint'} />
                {page.title}
              </Link>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}

/** And above the page what the sidebar holds besides. */
export function TopBar({ onFind }: { readonly onFind: () => void }) {
  return (
    <header className="flex h-12 items-center gap-1 border-b border-line bg-canvas pr-1 pl-4 md:hidden">
      <Wordmark />
      <span className="flex flex-1 justify-end pr-1">
        <BrokenLineNote />
      </span>
      <IconButton label="Find anything" icon={<Search aria-hidden size={16} />} onClick={onFind} />
      <ThemeMenu />
      <IconButton label="Sign out" icon={<LogOut aria-hidden size={16} />} onClick={() => void signOut()} />
    </header>
  );
}

import { ChartNoAxesColumn, KeyRound, type LucideIcon, MessageSquare, Settings, Users } from 'lucide-react';

export interface PanelPage {
  readonly path: string;
  readonly title: string;
  readonly icon: LucideIcon;
  /** After `g`: the second key of the shortcut. */
  readonly letter: string;
  /** What can be counted of it. */
  readonly counts?: 'providers' | 'clients';
}

/** In the order of the navigation. */
export const PAGES: readonly PanelPage[] = [
  { path: '/', title: 'Overview', icon: ChartNoAxesColumn, letter: 'o' },
  { path: '/providers', title: 'Providers', icon: KeyRound, letter: 'p', counts: 'providers' },
  { path: '/clients', title: 'Clients', icon: Users, letter: 'c', counts: 'clients' },
  { path: '/playground', title: 'Playground', icon: MessageSquare, letter: 'l' },
  { path: '/settings', title: 'Settings', icon: Settings, letter: 's' },
];

export function isPageAt(page: PanelPage, path: string): boolean {
  return page.path === '/' ? path === '/' : path === page.path || path.startsWith(`${page.path}/`);
}

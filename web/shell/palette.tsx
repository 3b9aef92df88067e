import { Command } from 'cmdk';
import { CirclePlus, Keyboard, KeyRound, LogOut, Moon, ServerCog, Sun, Users } from 'lucide-react';
import { type ReactNode, useDeferredValue, useState } from 'react';
import { useLocation } from 'wouter';
import { useClients, usePool, useProviders } from '../api/queries.ts';
import { signOut } from '../session/session-gate.tsx';
import { chooseTheme } from '../theme.ts';
import { Shortcut } from '../ui/shortcut.tsx';
import { findKeys } from './find-keys.ts';
import { PAGES } from './pages.ts';

interface PaletteProps {
  readonly onClose: () => void;
  readonly onShowShortcuts: () => void;
}

/** Finds any provider, key, client, page or act by a few letters of its name. */
export function Palette({ onClose, onShowShortcuts }: PaletteProps) {
  const [query, setQuery] = useState('');
  const [, navigate] = useLocation();
  const run = (act: () => void) => () => {
    onClose();
    act();
  };
  const go = (path: string) => run(() => navigate(path));
  return (
    <Command.Dialog
      open
      onOpenChange={(open) => open || onClose()}
      label="Find anything"
      filter={matches}
      overlayClassName="fixed inset-0 z-40 animate-appear bg-(--veil)"
      contentClassName="fixed top-[12dvh] left-1/2 z-40 w-[min(560px,calc(100vw-24px))] -translate-x-1/2 animate-appear overflow-hidden rounded-xl bg-raised shadow-modal outline-none"
      loop
    >
      <Command.Input
        value={query}
        onValueChange={setQuery}
        placeholder="Find a provider, key, client, page or act…"
        className="h-12 w-full border-b border-line bg-transparent px-4 text-base outline-none"
      />
      <Command.List className="max-h-[min(400px,60dvh)] overflow-y-auto p-1.5">
        <Command.Empty className="px-3 py-8 text-center text-sm text-muted">
          Nothing here is called “{query}”.
        </Command.Empty>
        <Found query={query} go={go} />
        <Group heading="Pages">
          {PAGES.map((page) => (
            <Item
              key={page.path}
              value={`page ${page.path}`}
              text={`${page.title} page`}
              icon={<page.icon size={16} />}
              onSelect={go(page.path)}
            >
              <span className="flex-1">{page.title}</span>
              <Shortcut keys={`g ${page.letter}`} />
            </Item>
          ))}
        </Group>
        <Group heading="Acts">
          {query !== '' && <AddKeys go={go} />}
          <Item
            value="add provider"
            text="add new provider"
            icon={<CirclePlus size={16} />}
            onSelect={go('/providers?new=1')}
          >
            Add a provider
          </Item>
          <Item
            value="create client key"
            text="create new client key"
            icon={<Users size={16} />}
            onSelect={go('/clients?new=1')}
          >
            Create a client key
          </Item>
          <Item
            value="theme light"
            text="theme light"
            icon={<Sun size={16} />}
            onSelect={run(() => chooseTheme('light'))}
          >
            Light theme
          </Item>
          <Item
            value="theme dark"
            text="theme dark"
            icon={<Moon size={16} />}
            onSelect={run(() => chooseTheme('dark'))}
          >
            Dark theme
          </Item>
          <Item
            value="keyboard shortcuts"
            text="keyboard shortcuts help"
            icon={<Keyboard size={16} />}
            onSelect={onShowShortcuts}
          >
            Keyboard shortcuts
          </Item>
          <Item
            value="sign out"
            text="sign out log out"
            icon={<LogOut size={16} />}
            onSelect={run(() => void signOut())}
          >
            Sign out
          </Item>
        </Group>
      </Command.List>
    </Command.Dialog>
  );
}

/** All words of the query, as they begin the words of a name or stand in it: what is found can be seen to be meant. */
function matches(_value: string, query: string, keywords: string[] = []): number {
  const text = keywords.join(' ').toLowerCase();
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.every((word) => text.includes(word))) return 0;
  return words.every((word) => ` ${text}`.includes(` ${word}`)) ? 1 : 0.5;
}

/** Offered once something is typed: one for each provider would crowd the rest out. */
function AddKeys({ go }: { readonly go: (path: string) => () => void }) {
  return (useProviders().data ?? []).map(({ id, name }) => (
    <Item
      key={id}
      value={`add keys ${id}`}
      text={`add keys to ${name}`}
      icon={<CirclePlus size={16} />}
      onSelect={go(`/providers/${name}?add=keys`)}
    >
      Add keys to {name}
    </Item>
  ));
}

/** What the operator has named. Keys only once something is typed: there may be thousands. */
function Found({ query, go }: { readonly query: string; readonly go: (path: string) => () => void }) {
  const providers = useProviders().data ?? [];
  const clients = useClients().data ?? [];
  const keys = findKeys(usePool().data, useDeferredValue(query));
  return (
    <>
      {providers.length > 0 && (
        <Group heading="Providers">
          {providers.map(({ id, name }) => (
            <Item
              key={id}
              value={`provider ${id}`}
              text={`${name} provider`}
              icon={<ServerCog size={16} />}
              onSelect={go(`/providers/${name}`)}
            >
              {name}
            </Item>
          ))}
        </Group>
      )}
      {keys.length > 0 && (
        <Group heading="Keys">
          {keys.map(({ id, label, provider }) => (
            <Item
              key={id}
              value={`key ${id}`}
              text={`${label} ${provider} key`}
              icon={<KeyRound size={16} />}
              onSelect={go(`/providers/${provider}?q=${encodeURIComponent(label)}`)}
            >
              <span className="flex-1 truncate">{label}</span>
              <span className="text-xs text-faint">{provider}</span>
            </Item>
          ))}
        </Group>
      )}
      {clients.length > 0 && query !== '' && (
        <Group heading="Clients">
          {clients.map(({ id, name }) => (
            <Item
              key={id}
              value={`client ${id}`}
              text={`${name} client`}
              icon={<Users size={16} />}
              onSelect={go('/clients')}
            >
              {name}
            </Item>
          ))}
        </Group>
      )}
    </>
  );
}

function Group({ heading, children }: { readonly heading: string; readonly children: ReactNode }) {
  return (
    <Command.Group
      heading={heading}
      className="[&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-faint"
    >
      {children}
    </Command.Group>
  );
}

interface ItemProps {
  /** Unlike any other. */
  readonly value: string;
  /** What it is found by. */
  readonly text: string;
  readonly icon: ReactNode;
  readonly onSelect: () => void;
  readonly children: ReactNode;
}

function Item({ value, text, icon, onSelect, children }: ItemProps) {
  return (
    <Command.Item
      value={value}
      keywords={[text]}
      onSelect={onSelect}
      className="flex h-9 cursor-pointer items-center gap-2.5 rounded-md px-2.5 text-sm data-[selected=true]:bg-hover pointer-coarse:h-11"
    >
      <span aria-hidden className="shrink-0 text-faint">
        {icon}
      </span>
      {children}
    </Command.Item>
  );
}

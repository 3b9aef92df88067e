import type { KeyView, WindowView } from '../../../../src/admin/contract.ts';
import { QuotaBar } from '../../../quota-bar/quota-bar.tsx';
import { inBarOrder } from '../../../quota-bar/quota-picture.ts';
import { windowWords } from './window-words.ts';

const SOURCE_WORDS: Readonly<Record<WindowView['source'], string>> = {
  typed: 'typed',
  announced: 'announced',
  stated: 'stated',
  inferred: 'inferred',
};

/** More would make a row taller than it is worth; the drawer has them all. */
const MOST_BARS = 4;

type WindowsOfKey = Pick<KeyView, 'windows' | 'state' | 'meteredIn' | 'label'>;

/** A bar for each window: what it counts, what is used, where its limit was learned. */
export function KeyWindows({ keyView }: { readonly keyView: WindowsOfKey }) {
  const windows = inBarOrder(keyView.windows);
  if (windows.length === 0) return <span className="text-xs text-faint">no limit known yet</span>;
  const more = windows.length - MOST_BARS;
  const owners = [keyView.meteredIn.name, keyView.label];
  return (
    <ul className="flex min-w-0 flex-col gap-[2px]">
      {windows.slice(0, MOST_BARS).map((window) => {
        const { counts, model } = windowWords(window.name, owners);
        return (
          <li key={`${window.name} ${window.algorithm}`} className="flex h-[16px] items-center gap-2">
            <span className="min-w-0 flex-1 truncate text-2xs text-muted" title={window.name}>
              {counts}
              {model !== null && <span className="text-faint"> {model}</span>}
            </span>
            <QuotaBar window={window} size="small" state={keyView.state.state} />
            <span className="w-[58px] shrink-0 text-2xs text-faint lg:max-xl:hidden">
              {SOURCE_WORDS[window.source]}
            </span>
          </li>
        );
      })}
      {more > 0 && <li className="h-[16px] text-2xs text-faint">and {more} more</li>}
    </ul>
  );
}

/** How tall a row of the table is, in pixels: known without measuring, so that thousands can be laid out at once. */
export function rowHeight({ windows }: Pick<KeyView, 'windows'>): number {
  const lines = Math.min(windows.length, MOST_BARS) + (windows.length > MOST_BARS ? 1 : 0);
  return Math.max(56, 23 + lines * 18);
}

import type { AdminEvents } from '../../src/admin/contract.ts';

/**
 * The one event stream of the panel. What it carries is put where queries are kept, so that a page reads live values
 * like any others. `stale` means that what is shown may be old, and must look like it.
 */
export type LiveState = 'connecting' | 'live' | 'reconnecting' | 'stale';

/** `heartbeat` says nothing but that the line is alive. */
export interface LiveEvents extends AdminEvents {
  readonly heartbeat: { readonly at: number };
}

type Name = keyof LiveEvents;
const NAMES: readonly Name[] = ['pool', 'traffic', 'settings', 'notice', 'exchange', 'progress', 'heartbeat', 'end'];

/** A short break is nobody's concern; after this, values are greyed. */
const STALE_AFTER_MS = 5_000;
/** Longer than two heartbeats: a line this quiet is dead, whatever the browser thinks. */
const SILENCE_MS = 35_000;
const LONGEST_RETRY_MS = 8_000;

/** What the stream is told by, and tells, beside its events. */
export interface LiveLine {
  readonly connect: () => EventSource;
  /** The line is back: what it carried meanwhile is not sent again. */
  readonly onBack: () => void;
  /** It broke, which is also how an ended session shows. */
  readonly onBreak: () => void;
}

export class LiveStream {
  readonly #line: LiveLine;
  #source: EventSource | null = null;
  #state: LiveState = 'connecting';
  #failures = 0;
  #beats = false;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #staleness: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  readonly #watchers = new Set<() => void>();
  readonly #listeners = new Map<Name, Set<(event: never) => void>>();

  constructor(line: LiveLine) {
    this.#line = line;
  }

  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  readonly state = (): LiveState => this.#state;

  on<Kind extends Name>(name: Kind, listener: (event: LiveEvents[Kind]) => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  open(): void {
    if (this.#source !== null) return;
    const source = this.#line.connect();
    this.#source = source;
    source.onopen = () => this.#arrived();
    source.onerror = () => this.#broke();
    for (const name of NAMES) source.addEventListener(name, (message) => this.#take(name, message));
  }

  close(): void {
    this.#drop();
    clearTimeout(this.#staleness);
    this.#staleness = undefined;
    this.#failures = 0;
    this.#become('connecting');
  }

  #take(name: Name, message: MessageEvent<string>): void {
    if (name === 'heartbeat') this.#beats = true;
    if (name === 'end') this.#broke();
    else this.#arrived();
    const event = JSON.parse(message.data) as never;
    for (const listener of this.#listeners.get(name) ?? []) listener(event);
  }

  #arrived(): void {
    clearTimeout(this.#staleness);
    this.#staleness = undefined;
    clearTimeout(this.#silence);
    if (this.#beats) this.#silence = setTimeout(() => this.#broke(), SILENCE_MS);
    if (this.#failures > 0) this.#line.onBack();
    this.#failures = 0;
    this.#become('live');
  }

  /** The browser tries again by itself only after some failures, and never says which: so it is done here. */
  #broke(): void {
    this.#drop();
    this.#failures++;
    if (this.#state === 'live') this.#become('reconnecting');
    this.#staleness ??= setTimeout(() => this.#become('stale'), STALE_AFTER_MS);
    this.#line.onBreak();
    this.#retry = setTimeout(() => this.open(), Math.min(LONGEST_RETRY_MS, 500 * 2 ** (this.#failures - 1)));
  }

  #drop(): void {
    clearTimeout(this.#retry);
    clearTimeout(this.#silence);
    this.#source?.close();
    this.#source = null;
  }

  #become(state: LiveState): void {
    if (state === this.#state) return;
    this.#state = state;
    for (const watcher of this.#watchers) watcher();
  }
}

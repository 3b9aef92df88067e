import type { Clock } from '../clock.ts';
import type { Demand } from '../model/demand.ts';
import type { LimitReading } from '../model/limit.ts';
import type { Outcome } from '../model/outcome.ts';
import type { Provider } from '../model/provider.ts';
import type { Random } from '../random.ts';
import { hearReadings } from './announcement.ts';
import { Describer } from './describe-pool.ts';
import { Dispatcher } from './dispatcher.ts';
import type { GrantedLease, LeaseKeeper } from './granted-lease.ts';
import type { Lease, Refusal } from './lease.ts';
import { learnPassing, type Settlement, settleOutcome } from './outcome-effects.ts';
import type { PoolEvent } from './pool-events.ts';
import { type PoolMemory, readMemory } from './pool-memory.ts';
import type { PoolLook, PoolView } from './pool-view.ts';
import { PooledProvider, type PoolTools } from './pooled-provider.ts';
import { unknownProvider } from './refusal.ts';
import { expelKey, strikeKey } from './rejection.ts';
import { rememberPool, restoreProvider } from './remember.ts';
import { DEFAULT_SETTINGS, type PoolSettings } from './settings.ts';

export interface KeyPoolParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly settings?: Partial<PoolSettings>;
  /**
   * Asks the provider, at no cost, whether a key is genuine: true, false, or null when the call did not tell. Called
   * for keys of providers with a free validation that were refused once.
   */
  readonly validate?: (keyId: string) => Promise<boolean | null>;
  readonly onEvent?: (event: PoolEvent) => void;
}

/** Decides which key goes next and when. Pure logic: time and chance come from outside, and nothing is sent. */
export class KeyPool {
  readonly #tools: PoolTools;
  readonly #validate: KeyPoolParts['validate'];
  readonly #dispatcher: Dispatcher;
  readonly #providers = new Map<string, PooledProvider>();
  readonly #warned = new Set<string>();
  readonly #restored = new Set<string>();
  /** For requests that began under the old name. */
  readonly #renamed = new Map<string, string>();
  #memory: PoolMemory | null = null;

  constructor(parts: KeyPoolParts) {
    const { clock, random, onEvent } = parts;
    const settings = { ...DEFAULT_SETTINGS, ...parts.settings };
    this.#tools = { clock, random, settings, tell: onEvent ?? (() => {}) };
    this.#validate = parts.validate;
    const keeper: LeaseKeeper = {
      left: (lease) => this.#left(lease),
      observed: (lease, readings, organisation) => this.#observed(lease, readings, organisation),
      accepted: (lease) => this.#accepted(lease),
      settled: (lease, outcome) => this.#settled(lease, outcome),
    };
    this.#dispatcher = new Dispatcher({
      clock,
      random,
      settings,
      keeper,
      warn: (provider, text) => this.#warnOnce(provider, text),
    });
  }

  /**
   * The providers as they are now. What is known of keys and groups that stay is kept; waiters are looked at anew. A
   * provider that is the same object as before is left alone.
   */
  configure(providers: Iterable<Provider>): void {
    const named = new Map([...providers].map((provider) => [provider.name, provider]));
    for (const [name, pooled] of this.#providers) {
      if (named.has(name)) continue;
      pooled.retire();
      this.#dispatcher.serve(pooled);
      this.#providers.delete(name);
    }
    for (const [name, config] of named) {
      const pooled = this.#providers.get(name);
      if (pooled === undefined) {
        const fresh = new PooledProvider(config, this.#tools);
        this.#providers.set(name, fresh);
        this.#restoreProvider(fresh);
      } else if (pooled.config !== config) {
        pooled.configure(config);
        this.#dispatcher.serve(pooled);
      }
    }
  }

  /** What is known of a provider goes on under its new name; `configure` follows. */
  rename(from: string, to: string): void {
    const pooled = this.#providers.get(from);
    if (pooled === undefined || this.#providers.has(to)) return;
    this.#providers.delete(from);
    pooled.name = to;
    this.#providers.set(to, pooled);
    this.#renamed.set(from, to);
  }

  /** A lease now or by the deadline, or a refusal at once. Never rejects. */
  acquire(demand: Demand): Promise<Lease | Refusal> {
    const provider =
      this.#providers.get(demand.provider) ?? this.#providers.get(this.#renamed.get(demand.provider) ?? '');
    if (provider === undefined || !provider.config.enabled) return Promise.resolve(unknownProvider(demand.provider));
    return this.#dispatcher.acquire(demand, provider);
  }

  /** Everything, or of each provider at most the first `most` groups and keys. */
  view(most = Number.POSITIVE_INFINITY): PoolView {
    const describer = new Describer(this.#tools.clock);
    const providers = [...this.#providers.values()].map((provider) => describer.provider(provider, most));
    return { at: this.#tools.clock.wallNow(), waiting: this.#dispatcher.waiting, providers };
  }

  /**
   * For many keys at one instant, without the cost of describing all the others: what is known of a key, or only the
   * state it is in. Null for a key that is not there.
   */
  look(): PoolLook {
    const describer = new Describer(this.#tools.clock);
    const find = (keyId: string) => {
      for (const { keys } of this.#providers.values()) {
        const key = keys.get(keyId);
        if (key !== undefined) return key;
      }
      return null;
    };
    return {
      key(keyId) {
        const key = find(keyId);
        return key === null ? null : describer.meteredKey(key);
      },
      state(keyId) {
        const key = find(keyId);
        return key === null ? null : describer.stateOf(key);
      },
    };
  }

  /** What is worth keeping over a restart. */
  remember(): PoolMemory {
    return rememberPool(this.#providers.values(), this.#tools.clock);
  }

  /** Puts back what `remember` gave, into providers configured now or later. Returns what could not be read. */
  restore(stored: unknown): string[] {
    const warnings: string[] = [];
    this.#memory = readMemory(stored, (text) => warnings.push(text));
    for (const provider of this.#providers.values()) this.#restoreProvider(provider);
    return warnings;
  }

  /** Forgets why a key rests, as an operator does who knows better. Returns false for a key that is not there. */
  clear(keyId: string): boolean {
    return this.#operate(keyId, (provider) => {
      const key = provider.keys.get(keyId);
      key?.standing.clear();
      key?.group.standing.clear();
      for (const { standing, unavailable } of key?.group.buckets.values() ?? []) {
        standing.clear();
        unavailable.clear();
      }
      key?.group.reopen();
    });
  }

  /** An overlay over the configuration: a disabled key takes no new lease. */
  setEnabled(keyId: string, enabled: boolean): boolean {
    return this.#operate(keyId, (provider) => provider.setOverlay(keyId, enabled ? null : 'disabled'));
  }

  /** A drained key finishes what it does and takes nothing new. */
  drain(keyId: string): boolean {
    return this.#operate(keyId, (provider) => provider.setOverlay(keyId, 'draining'));
  }

  /** Two keys that were found to share a quota do not: this one is metered by itself again, and stays so. */
  part(keyId: string): boolean {
    return this.#operate(keyId, (provider) => {
      const key = provider.keys.get(keyId);
      if (key === undefined) return;
      provider.detection.refuse(key);
      provider.part(key);
    });
  }

  close(): void {
    this.#dispatcher.close();
  }

  /** Each provider's part is put back once. */
  #restoreProvider(provider: PooledProvider): void {
    const memory = this.#memory?.providers[provider.name];
    if (this.#memory === null || memory === undefined || this.#restored.has(provider.name)) return;
    this.#restored.add(provider.name);
    const { clock, settings } = this.#tools;
    restoreProvider(provider, memory, { at: this.#memory.at, clock, longestRestMs: settings.longestRestMs });
  }

  #operate(keyId: string, act: (provider: PooledProvider) => void): boolean {
    for (const provider of this.#providers.values()) {
      if (!provider.keys.has(keyId)) continue;
      act(provider);
      this.#dispatcher.serve(provider);
      return true;
    }
    return false;
  }

  #left(lease: GrantedLease): void {
    const now = this.#tools.clock.now();
    lease.sentAt = now;
    lease.mark = lease.bucket.traffic.mark();
    lease.bucket.record.sent(now);
    for (const gate of lease.gates) gate.sent(lease, now);
    this.#changed(lease);
  }

  #observed(lease: GrantedLease, readings: readonly LimitReading[], organisation: string | null): void {
    const now = this.#tools.clock.now();
    const provider = lease.provider;
    if (lease.sentAt !== null) lease.seat.key.timed(now - lease.sentAt);
    const warn = (text: string) => this.#warnOnce(provider.name, text);
    hearReadings(readings, { lease, provider, now, wallNow: this.#tools.clock.wallNow(), warn });
    if (organisation !== null) this.#heardOrganisation(lease, organisation);
    this.#count(lease);
    this.#changed(lease);
  }

  #heardOrganisation({ provider, seat }: GrantedLease, organisation: string): void {
    const finding = provider.detection.hear(seat.key, organisation.slice(0, MOST_NAME_LENGTH));
    if (finding === null) return;
    const { tell } = this.#tools;
    const keyIds = [finding.key.id];
    if (finding.kind === 'part') {
      provider.part(finding.key);
      tell({ kind: 'groups-parted', provider: provider.name, group: finding.key.config.group, keyIds });
      return;
    }
    const group = provider.merge(finding.key, finding.into);
    const members = [...group.members].map(({ id }) => id);
    tell({ kind: 'groups-merged', provider: provider.name, group: group.name, keyIds: members });
  }

  #accepted(lease: GrantedLease): void {
    learnPassing(lease, lease.provider, this.#tools.clock.now());
    this.#changed(lease);
  }

  #settled(lease: GrantedLease, outcome: Outcome): void {
    const { clock, settings, tell } = this.#tools;
    const now = clock.now();
    const { provider, roster } = lease;
    const ending = settleOutcome(
      {
        lease,
        provider,
        roster,
        clock,
        settings,
        now,
        tell,
        strike: (settlement, reason) => this.#strike(settlement, reason),
      },
      outcome,
    );
    lease.leave(ending, now);
    this.#count(lease);
    lease.seat.key.running--;
    lease.bucket.running--;
    roster.running--;
    this.#changed(lease);
  }

  /** An upstream that talks nonsense does so in every reply. */
  #warnOnce(provider: string, text: string): void {
    const sort = `${provider} ${text.replace(/[\d.]+/g, '#')}`;
    if (this.#warned.has(sort) || this.#warned.size >= MOST_WARNINGS) return;
    this.#warned.add(sort);
    this.#tools.tell({ kind: 'warning', provider, text });
  }

  #count(lease: GrantedLease): void {
    if (lease.counted) return;
    lease.counted = true;
    lease.bucket.traffic.count(lease);
  }

  #changed({ seat, provider, roster }: GrantedLease): void {
    seat.key.group.reopen();
    if (roster.breaker.changed()) provider.reopen();
    this.#dispatcher.serve(provider);
  }

  #strike({ lease, provider, roster, now }: Settlement, reason: string): void {
    const { settings, tell } = this.#tools;
    const { key } = lease.seat;
    const awaited = provider.order.some((other) => other !== key && other.running > 0);
    const wronged = provider.sharedFault.rejected(key, now, {
      lastAcceptedAt: provider.lastAcceptedAt,
      answersAwaited: awaited,
    });
    if (wronged !== null) {
      for (const one of wronged) one.standing.clear();
      roster.breaker.trip(now, { waitMs: null, reason: `every key was refused: ${reason}` });
      tell({ kind: 'provider-overloaded', provider: provider.name, modelClass: roster.modelClass, reason });
      return;
    }
    const freeValidation = this.#validate !== undefined && provider.config.traits.freeValidation;
    const strike = strikeKey(key, { reason, freeValidation, settings, now });
    if (strike === 'out') tell({ kind: 'key-rejected', provider: provider.name, keyId: key.id, reason });
    else if (freeValidation) void this.#confirm(provider, key.id, reason);
  }

  async #confirm(provider: PooledProvider, keyId: string, reason: string): Promise<void> {
    const genuine = await this.#validate?.(keyId).catch(() => null);
    const key = provider.keys.get(keyId);
    if (key === undefined || key.standing.rest?.kind !== 'rejected') return;
    const { settings, clock, tell } = this.#tools;
    const now = clock.now();
    if (genuine === true) key.standing.clear();
    else if (genuine === false) {
      expelKey(key, { reason, settings, now });
      tell({ kind: 'key-rejected', provider: provider.name, keyId, reason });
    } else
      key.standing.extend(
        { kind: 'rejected', until: now + settings.secondStrikeMs, reason, probe: true, undated: true },
        now,
      );
    key.group.reopen();
    this.#dispatcher.serve(provider);
  }
}

const MOST_WARNINGS = 200;
const MOST_NAME_LENGTH = 200;

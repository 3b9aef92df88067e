import { formatDuration } from '../config/quantities.ts';
import type { PoolEvent } from '../key-pool/pool-events.ts';
import type { Log } from '../log.ts';
import type { Snapshot } from '../model/snapshot.ts';

/** What happened, as it is logged and shown. `reason` is the provider's, and may be long. */
export interface Message {
  readonly level: 'info' | 'warning';
  readonly text: string;
  readonly provider: string;
  readonly reason?: string;
}

/** Puts what happened in the pool into sentences that name keys by their labels. */
export function describeEvent(event: PoolEvent, snapshot: Snapshot): Message {
  const { provider } = event;
  const warning = (text: string, reason?: string): Message => ({
    level: 'warning',
    text,
    provider,
    ...(reason !== undefined && { reason }),
  });
  const info = (text: string): Message => ({ level: 'info', text, provider });
  switch (event.kind) {
    case 'warning':
      return warning(`${provider}: ${event.text}`);
    case 'key-rejected':
      return warning(
        `${provider} refuses the key ${labelOf(event.keyId, event, snapshot)}; it is tried again later`,
        event.reason,
      );
    case 'quota-exhausted':
      return warning(
        `${provider}: the quota of ${labelOf(event.group, event, snapshot)} is spent; ${backIn(event.backInMs)}`,
        event.reason,
      );
    case 'provider-overloaded':
      return warning(
        `${provider} has no capacity for ${event.modelClass} at the moment; no key is blamed`,
        event.reason,
      );
    case 'groups-merged':
      return info(`${provider}: these keys share one quota: ${labelsOf(event.keyIds, event, snapshot)}`);
    case 'groups-parted':
      return info(`${provider}: these keys do not share a quota after all: ${labelsOf(event.keyIds, event, snapshot)}`);
  }
}

export function logMessage(log: Log, { level, text, reason }: Message): void {
  const fields = reason === undefined ? {} : { reason };
  if (level === 'info') log.info(text, fields);
  else log.warn(text, fields);
}

/** A key that belongs to no group is a group of its own under its id, which means nothing to anybody. */
function labelOf(keyIdOrGroup: string, { provider }: PoolEvent, snapshot: Snapshot): string {
  const keys = snapshot.providers.get(provider)?.keys ?? [];
  return keys.find(({ id }) => id === keyIdOrGroup)?.label ?? keyIdOrGroup;
}

function labelsOf(keyIds: readonly string[], event: PoolEvent, snapshot: Snapshot): string {
  return keyIds.map((keyId) => labelOf(keyId, event, snapshot)).join(', ');
}

const MINUTE_MS = 60_000;

function backIn(ms: number | null): string {
  if (ms === null) return 'nobody knows until when, so it is probed now and then';
  const rounded = ms < MINUTE_MS ? Math.ceil(ms / 1000) * 1000 : Math.ceil(ms / MINUTE_MS) * MINUTE_MS;
  return `it is back in ${formatDuration(rounded)}`;
}

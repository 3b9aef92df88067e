import { formatDuration } from '../config/quantities.ts';
import type { PoolEvent } from '../key-pool/pool-events.ts';
import type { Log } from '../log.ts';
import type { Snapshot } from '../model/snapshot.ts';

/** Tells the operator, in sentences that name keys by their labels, what happened in the pool. */
export function tellOperator(log: Log, event: PoolEvent, snapshot: Snapshot): void {
  const { provider } = event;
  switch (event.kind) {
    case 'warning':
      log.warn(`${provider}: ${event.text}`);
      return;
    case 'key-rejected':
      log.warn(`${provider} refuses the key ${labelOf(event.keyId, event, snapshot)}; it is tried again later`, {
        reason: event.reason,
      });
      return;
    case 'quota-exhausted':
      log.warn(
        `${provider}: the quota of ${labelOf(event.group, event, snapshot)} is spent; ${backIn(event.backInMs)}`,
        {
          reason: event.reason,
        },
      );
      return;
    case 'provider-overloaded':
      log.warn(`${provider} has no capacity for ${event.modelClass} at the moment; no key is blamed`, {
        reason: event.reason,
      });
      return;
    case 'groups-merged':
      log.info(`${provider}: these keys share one quota: ${labelsOf(event.keyIds, event, snapshot)}`);
      return;
    case 'groups-parted':
      log.info(`${provider}: these keys do not share a quota after all: ${labelsOf(event.keyIds, event, snapshot)}`);
      return;
  }
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

import { describe, expect, it } from 'vitest';
import { configFromText } from '../../test/support/config-from-text.ts';
import type { PoolEvent } from '../key-pool/pool-events.ts';
import { type Log, silentLog } from '../log.ts';
import { describeEvent, logMessage } from './operator-events.ts';
import { SettingsMerger } from './settings-merger.ts';
import { buildSnapshot, PRESET_CATALOG } from './snapshot.ts';
import { NOTHING_STORED, StoredState } from './stored-state.ts';

const config = configFromText({
  file: 'providers: { openai: { keys: [{ key: sk-a-0123456789, label: team-a }, { key: sk-b-0123456789, label: team-b }] } }',
});
const merger = new SettingsMerger(Buffer.alloc(32), PRESET_CATALOG);
const snapshot = buildSnapshot(merger.merge(config, new StoredState(NOTHING_STORED)), 0);
const [first, second] = (snapshot.providers.get('openai')?.keys ?? []).map(({ id }) => id);
const teamA = first ?? '';
const teamB = second ?? '';

function told(event: PoolEvent): string {
  const lines: string[] = [];
  const log: Log = {
    ...silentLog,
    info: (message) => lines.push(`info ${message}`),
    warn: (message) => lines.push(`warn ${message}`),
  };
  logMessage(log, describeEvent(event, snapshot));
  return lines.join('\n');
}

describe('what happens in the pool is told', () => {
  it.each<[PoolEvent, string]>([
    [
      { kind: 'key-rejected', provider: 'openai', keyId: teamA, reason: '401 invalid_api_key' },
      'warn openai refuses the key team-a; it is tried again later',
    ],
    [
      { kind: 'quota-exhausted', provider: 'openai', group: teamB, reason: 'x', backInMs: 7_190_000 },
      'warn openai: the quota of team-b is spent; it is back in 2h',
    ],
    [
      { kind: 'quota-exhausted', provider: 'openai', group: 'org-a', reason: 'x', backInMs: null },
      'warn openai: the quota of org-a is spent; nobody knows until when, so it is probed now and then',
    ],
    [
      { kind: 'groups-merged', provider: 'openai', group: teamA, keyIds: [teamA, teamB] },
      'info openai: these keys share one quota: team-a, team-b',
    ],
    [
      { kind: 'provider-overloaded', provider: 'openai', modelClass: 'gpt-4o', reason: '503' },
      'warn openai has no capacity for gpt-4o at the moment; no key is blamed',
    ],
    [
      { kind: 'warning', provider: 'openai', text: 'a limit of 0 was left out' },
      'warn openai: a limit of 0 was left out',
    ],
  ])('%o', (event, line) => {
    expect(told(event)).toBe(line);
  });
});

import { describe, expect, it } from 'vitest';
import type { AttemptRecord, ExchangeRecord } from '../model/exchange.ts';
import { RecentUse } from './recent-use.ts';

const attempt = (keyId: string, outcome: AttemptRecord['outcome']) => ({ keyId, outcome }) as AttemptRecord;
const exchange = (at: number, attempts: readonly AttemptRecord[], client: string | null = null) =>
  ({ at, durationMs: 500, status: 200, client, attempts }) as ExchangeRecord;

describe('recent use', () => {
  it('counts every attempt for its key, and refusals of the key apart', () => {
    const use = new RecentUse();
    use.add(exchange(1_000, [attempt('a', 'rate-limited'), attempt('b', 'served')]));
    use.add(exchange(2_000, [attempt('a', 'served')]));
    expect(use.ofKey('a')).toEqual({ requests: 2, refusals: 1, lastUsedAt: 2_500 });
    expect(use.ofKey('b')).toEqual({ requests: 1, refusals: 0, lastUsedAt: 1_500 });
    expect(use.ofKey('c')).toEqual({ requests: 0, refusals: 0, lastUsedAt: null });
  });

  it('counts an exchange once for its client', () => {
    const use = new RecentUse();
    use.add(exchange(1_000, [attempt('a', 'rate-limited'), attempt('b', 'served')], 'my-app'));
    expect(use.ofClient('my-app')).toMatchObject({ requests: 1, lastUsedAt: 1_500 });
  });

  it('forgets who is gone', () => {
    const use = new RecentUse();
    use.add(exchange(1_000, [attempt('a', 'served'), attempt('b', 'served')], 'my-app'));
    use.keepOnly(new Set(['b']), new Set());
    expect([use.ofKey('a').requests, use.ofKey('b').requests, use.ofClient('my-app').requests]).toEqual([0, 1, 0]);
  });
});

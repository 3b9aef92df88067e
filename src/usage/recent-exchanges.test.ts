import { describe, expect, it } from 'vitest';
import type { ExchangeRecord } from '../model/exchange.ts';
import { RecentExchanges } from './recent-exchanges.ts';

const record = (id: string) => ({ id }) as ExchangeRecord;

describe('recent exchanges', () => {
  it('are listed newest first, as many as are asked for', () => {
    const recent = new RecentExchanges();
    for (const id of ['a', 'b', 'c']) recent.add(record(id));
    expect(recent.list(2).map(({ id }) => id)).toEqual(['c', 'b']);
    expect(recent.find('a')).toEqual({ id: 'a' });
  });

  it('forget the oldest', () => {
    const recent = new RecentExchanges(2);
    for (const id of ['a', 'b', 'c']) recent.add(record(id));
    expect(recent.find('a')).toBeNull();
    expect(recent.list(10).map(({ id }) => id)).toEqual(['c', 'b']);
  });
});

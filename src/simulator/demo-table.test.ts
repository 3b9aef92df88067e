import { expect, it } from 'vitest';
import { demoTable, duration } from './demo-table.ts';

it('prints figures under their headings, aligned to the right', () => {
  const row = { keys: 1, proxy: true, requests: 100, rateLimitedAtCaller: 0, rateLimitedUpstream: 0, failed: 0 };
  const rows = [
    {
      ...row,
      name: '1 key, no proxy',
      completed: 20,
      averageLatencyMs: null,
      totalMs: 400,
      optimumMs: 240_200,
      speed: 1,
    },
    {
      ...row,
      name: '1 key, rotato',
      completed: 100,
      averageLatencyMs: 98_000,
      totalMs: 241_000,
      optimumMs: 240_200,
      speed: 18,
    },
  ];
  expect(demoTable(rows)).toBe(
    [
      '                  completed  429 seen  429 provoked  average latency  total time  best possible  clock',
      '1 key, no proxy   20 of 100         0             0                -       0.4 s      4 min 0 s     x1',
      '1 key, rotato    100 of 100         0             0       1 min 38 s   4 min 1 s      4 min 0 s    x18',
      '',
    ].join('\n'),
  );
});

it('writes durations for people', () => {
  expect([0, 449, 59_949, 59_950, 60_000, 3_600_000].map(duration)).toEqual([
    '0.0 s',
    '0.4 s',
    '59.9 s',
    '1 min 0 s',
    '1 min 0 s',
    '60 min 0 s',
  ]);
});

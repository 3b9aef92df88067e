import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startTestRotato } from '../../test/support/running-rotato.ts';
import { runDemo, type StartRotato } from './demo.ts';

const throughRotato: StartRotato = ({ clock, random, providers }) => startTestRotato({ providers }, { clock, random });

/** A proxy that refuses everything, as a rotato that is broken might. */
const throughNothing: StartRotato = async () => {
  const server = createServer((_, res) => res.writeHead(429).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

function screen(isTTY: boolean) {
  const written: string[] = [];
  return { written, out: { isTTY, write: (text: string) => written.push(text) } };
}

/** Four hundred requests and a three-second row, on a machine that may be busy with other tests. */
const PATIENCE_MS = 60_000;

describe('the demo', { timeout: PATIENCE_MS }, () => {
  it('completes everything through rotato, late with one key and at once with ten, and fails 80 without', async () => {
    const { written, out } = screen(true);
    const report = await runDemo({ startRotato: throughRotato, out, json: false, longestRowMs: 3_000 });
    expect(
      report.rows.map(({ name, completed, rateLimitedAtCaller, failed }) => ({
        name,
        completed,
        rateLimitedAtCaller,
        failed,
      })),
    ).toEqual([
      { name: '1 key, no proxy', completed: 20, rateLimitedAtCaller: 80, failed: 0 },
      { name: '1 key, rotato', completed: 100, rateLimitedAtCaller: 0, failed: 0 },
      { name: '5 keys, rotato', completed: 100, rateLimitedAtCaller: 0, failed: 0 },
      { name: '10 keys, rotato', completed: 100, rateLimitedAtCaller: 0, failed: 0 },
    ]);
    expect(report.passed).toBe(true);
    // The provider meters on the same clock, so no figure can be better than what its limits allow.
    for (const { totalMs, optimumMs, proxy } of report.rows)
      if (proxy) expect(totalMs).toBeGreaterThanOrEqual(optimumMs);
    expect(report.rows[1]).toMatchObject({ optimumMs: 240_200, speed: 81 });
    const text = written.join('');
    expect(text).toContain('1 key, rotato: 100 of 100 answered');
    expect(text).toMatch(/10 keys, rotato +100 of 100 +0/);
  });

  it('says so, in JSON too, when a proxy does not do its work', async () => {
    const { written, out } = screen(false);
    const report = await runDemo({ startRotato: throughNothing, out, json: true, longestRowMs: 3_000 });
    expect(report.passed).toBe(false);
    expect(report.rows[2]).toMatchObject({ completed: 0, rateLimitedAtCaller: 100, averageLatencyMs: null });
    expect(JSON.parse(written.join(''))).toEqual(report);
  });
});

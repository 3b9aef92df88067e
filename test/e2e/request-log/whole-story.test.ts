import { expect, test } from 'vitest';
import type { LogEntry } from '../../../src/model/request-log.ts';
import { seededRandom } from '../../../src/random.ts';
import type { LoggedRequest } from '../../../src/simulator/request-log.ts';
import { FULL_SIZE } from '../../support/full-size.ts';
import { startProxiedProvider } from '../../support/proxied-provider.ts';
import { readLog } from '../../support/read-log.ts';

const REQUESTS = FULL_SIZE ? 10_000 : 1_000;
const AT_ONCE = 40;
const SEED = 20260105;

const KEY_LABELS = ['key-a-1', 'key-a-2', 'key-b', 'key-c'];
const FAULTS = [
  { fault: 'overloaded', probability: 0.03 },
  { fault: 'no-credit', key: 'sk-c', probability: 0.02 },
  { fault: 'reset-after-reading', probability: 0.02 },
  { fault: 'reset-before-headers', probability: 0.02 },
  { fault: 'cut-mid-stream', probability: 0.02 },
  { fault: 'error-first-event', probability: 0.02 },
] as const;

test(`${REQUESTS} mixed requests, with faults and callers that leave: each has one entry, and each attempt stands in one`, async () => {
  const limits = [{ model: '*', rpm: REQUESTS, concurrent: 12 }];
  await using proxied = await startProxiedProvider({
    groups: [
      { name: 'org-a', keys: ['sk-a-1', 'sk-a-2'], limits },
      { name: 'org-b', keys: ['sk-b'], limits },
      { name: 'org-c', keys: ['sk-c'], limits },
    ],
    simulator: {
      latency: { kind: 'uniform', from: 0, to: 10 },
      random: seededRandom(SEED),
      faults: FAULTS,
      requestLogSize: REQUESTS * 8,
    },
    provider: { maxWait: '5s' },
    file: { log: {} },
  });
  const { rotato, simulator } = proxied;
  const random = seededRandom(SEED);

  let next = 0;
  let turnedAway = 0;
  const answered = new Set<number>();
  const callers = Array.from({ length: AT_ONCE }, async () => {
    while (next < REQUESTS) {
      const nth = next++;
      const chance = random.next();
      const isAnswered = await callOnce(rotato.url, nth, chance);
      if (kindOf(chance) === TO_NOBODY) turnedAway++;
      else if (isAnswered) answered.add(lengthOf(nth));
    }
  });
  await Promise.all(callers);
  const { requests } = simulator;
  // Who left at once may not even have arrived.
  await rotato.recorded(answered.size + turnedAway);
  await new Promise((resolve) => setTimeout(resolve, 500));
  const entries = await readLog(rotato, rotato.records.length);

  // The length of its body tells each request from every other, here and at the provider.
  const whole = entries.filter(({ bytesIn }) => bytesIn > 0);
  const entryOf = new Map(whole.map((entry) => [entry.bytesIn, entry]));
  expect(entryOf.size).toBe(whole.length);
  expect([...answered].filter((bytes) => !entryOf.has(bytes))).toEqual([]);
  expect(entries.filter(({ path }) => path === '/nobody/at/all')).toHaveLength(turnedAway);
  expect(answered.size).toBeGreaterThan(REQUESTS * 0.7);
  expect(new Set(entries.map(({ id }) => id)).size).toBe(entries.length);
  for (const [bytes, received] of byLength(requests.all())) {
    const entry = entryOf.get(bytes);
    expect(entry, `the entry of the request of ${bytes} bytes`).toBeDefined();
    if (entry !== undefined) checkAttempts(entry, received);
  }
  for (const entry of entries) checkPhases(entry);
  expect(requests.all().length).toBeGreaterThan(REQUESTS * 0.3);
  const ends = new Set(entries.map(({ end }) => end));
  expect([...ends]).toEqual(expect.arrayContaining(['served', 'client_aborted', 'upstream_aborted', 'refused']));
}, 600_000);

function checkAttempts(entry: LogEntry, received: readonly LoggedRequest[]): void {
  const atProvider = received.map(({ key }) => (key ?? '').replace('sk-', 'key-'));
  const { attempts } = entry;
  for (const { keyLabel } of attempts) expect(KEY_LABELS).toContain(keyLabel);
  // An attempt of a caller that left may not have got as far as the provider; no other is missing there.
  const sent = attempts.filter(({ outcome }, nth) => nth < atProvider.length || outcome !== 'caller-left');
  expect(
    sent.map(({ keyLabel }) => keyLabel),
    JSON.stringify(entry),
  ).toEqual(atProvider);
  for (const [nth, { status }] of sent.entries()) {
    const said = received[nth]?.status ?? null;
    // What broke off on its way never arrived.
    if (status !== null) expect(status).toBe(said);
  }
}

function checkPhases({ phases, durationMs, attempts }: LogEntry): void {
  expect(phases.reduce((sum, { ms }) => sum + ms, 0)).toBeCloseTo(durationMs, 2);
  expect(phases.filter(({ kind }) => kind === 'attempt')).toHaveLength(attempts.length);
  const queued = phases.filter(({ kind }) => kind === 'queueing').reduce((sum, { ms }) => sum + ms, 0);
  const waited = attempts.reduce((sum, { waitedMs }) => sum + waitedMs, 0);
  expect(waited).toBeLessThanOrEqual(queued + 1);
}

function byLength(received: readonly LoggedRequest[]): Map<number, LoggedRequest[]> {
  const found = new Map<number, LoggedRequest[]>();
  for (const request of received) found.set(request.bodyBytes, [...(found.get(request.bodyBytes) ?? []), request]);
  return found;
}

/** One of eight kinds; `chance` decides which, and when an impatient caller leaves. False when it got no head of an answer. */
async function callOnce(url: string, nth: number, chance: number): Promise<boolean> {
  const kind = kindOf(chance);
  const leavesAfterMs = Math.floor(chance * 1_000) % 25;
  const target =
    ['/openai/chat/completions', '/anthropic/messages', '/openai/nothing/here', '/nobody/at/all'][kind] ??
    '/openai/chat/completions';
  const isStream = kind >= 4;
  const body = padded(
    { model: 'sim-small', max_tokens: 16, stream: isStream, messages: [{ role: 'user', content: 'hi' }] },
    nth,
  );
  const signal = kind === 7 ? AbortSignal.timeout(leavesAfterMs) : undefined;
  const headers = { 'content-type': 'application/json' };
  try {
    const reply = await fetch(`${url}${target}`, { method: 'POST', headers, body, ...(signal && { signal }) });
    // Some answers are cut off, which is part of what this is about.
    await reply.text().catch(() => {});
    return true;
  } catch {
    return signal === undefined;
  }
}

function kindOf(chance: number): number {
  return Math.floor(chance * 8);
}

/** Refused before its body is read. */
const TO_NOBODY = 3;

function padded(body: object, nth: number): string {
  const text = JSON.stringify(body);
  return text.padEnd(lengthOf(nth), ' ');
}

function lengthOf(nth: number): number {
  return 300 + nth;
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeaderList } from '../model/header-list.ts';
import type { Outcome } from '../model/outcome.ts';
import { Secret } from '../model/secret.ts';
import type { ProviderAdapter, WireError } from './provider-adapter.ts';

const RECEIVED_AT = Date.UTC(2026, 7, 19, 14, 34, 11);
const CANARY = 'sk-canary-0123456789abcdefghij';

/** The suite runs once a preset, and they share their code: together they make thousands of runs. */
const RUNS = { numRuns: 40 };

/** What every adapter must do, whatever it adapts. */
export function testProviderAdapter(name: string, adapter: ProviderAdapter): void {
  describe(name, () => {
    credentials(adapter);
    anyBytes(adapter);
    statuses(adapter);
    ownErrors(adapter);
    streams(adapter);
  });
}

function credentials(adapter: ProviderAdapter): void {
  it('writes the key into one header, and into nothing else', () => {
    const header = adapter.authorize(new Secret(CANARY));
    expect(header).toHaveLength(2);
    expect(header[0]).toMatch(/^[a-z-]+$/);
    expect(header[1].endsWith(CANARY)).toBe(true);
  });

  it('has a validation call that carries no credential of its own', () => {
    const { validation, traits } = adapter;
    expect(traits.freeValidation).toBe(validation !== null);
    if (validation === null) return;
    expect(validation.path).toMatch(/^\//);
    expect(validation.headers.length % 2).toBe(0);
    expect(validation.headers).not.toContain(adapter.authorize(new Secret(CANARY))[0]);
  });
}

const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.json(),
  fc.jsonValue().map((error) => JSON.stringify({ error })),
  fc.jsonValue().map((error) => JSON.stringify([{ error: { message: error, details: [error], metadata: error } }])),
);
const anyHeaders = fc
  .array(
    fc.tuple(fc.constantFrom('retry-after', 'retry-after-ms', 'x-ratelimit-reset', 'x-ratelimit-limit'), fc.string()),
  )
  .map((pairs) => new HeaderList(pairs.flat()));

function anyBytes(adapter: ProviderAdapter): void {
  it('makes a sound outcome of any answer', () => {
    fc.assert(
      fc.property(fc.integer({ min: 200, max: 599 }), anyHeaders, anyText, (status, headers, body) => {
        expectSound(adapter.classify({ status, headers, body, receivedAt: RECEIVED_AT }), status >= 400);
      }),
      RUNS,
    );
  });

  it('reads any event, sample, path and body without throwing', () => {
    fc.assert(
      fc.property(fc.option(fc.string()), anyText, anyText, (event, text, other) => {
        const outcome = adapter.classifyEvent(event, text);
        if (outcome !== null) expectSound(outcome, true);
        adapter.readUsage({ contentType: other, head: text, tail: other });
        adapter.modelInPath(text);
        adapter.organisationOf(new HeaderList([]), text);
        adapter.traits.modelClass(text);
        expect(adapter.homedObjects.idsIn(text).length).toBeLessThanOrEqual(200);
        expect(adapter.homedObjects.idsInPath(`/${text}`)).toBeInstanceOf(Array);
        expect(adapter.homedObjects.creates('POST', `/${text}`)).toBeTypeOf('boolean');
      }),
      RUNS,
    );
  });
}

function expectSound(outcome: Outcome, isRefusal: boolean): void {
  if (isRefusal) expect(outcome.kind).not.toBe('served');
  // Only those who watched the connection can say these.
  expect(['not-sent', 'caller-left']).not.toContain(outcome.kind);
  if ('reason' in outcome) {
    expect(outcome.reason.length).toBeGreaterThan(0);
    expect(outcome.reason.length).toBeLessThanOrEqual(200);
    expect(outcome.reason).not.toMatch(/[\r\n]/);
  }
  const waitMs = 'waitMs' in outcome ? outcome.waitMs : null;
  expect(waitMs === null || (waitMs >= 0 && Number.isFinite(waitMs))).toBe(true);
}

function classifyBare(adapter: ProviderAdapter, status: number, body = ''): Outcome {
  return adapter.classify({ status, headers: new HeaderList([]), body, receivedAt: RECEIVED_AT });
}

function statuses(adapter: ProviderAdapter): void {
  it.each<[number, Outcome['kind']]>([
    [200, 'served'],
    [400, 'request-refused'],
    [401, 'key-rejected'],
    [402, 'quota-exhausted'],
    [403, 'key-rejected'],
    [404, 'request-refused'],
    [408, 'uncertain'],
    [409, 'uncertain'],
    [413, 'request-too-large'],
    [415, 'request-refused'],
    [422, 'request-refused'],
    [429, 'rate-limited'],
    [500, 'uncertain'],
    [502, 'uncertain'],
    [503, 'overloaded'],
    [504, 'uncertain'],
    [524, 'uncertain'],
    [529, 'overloaded'],
  ])('takes a bare %i for %s', (status, kind) => {
    expect(classifyBare(adapter, status).kind).toBe(kind);
  });
}

const OWN: WireError = { status: 429, code: 'rate-limited', message: 'No key is free.', retryAt: null, details: {} };

function ownErrors(adapter: ProviderAdapter): void {
  // One rotato may stand behind another.
  it.each<[number, Outcome['kind']]>([
    [400, 'request-refused'],
    [401, 'key-rejected'],
    [404, 'request-refused'],
    [413, 'request-too-large'],
    [429, 'rate-limited'],
    [500, 'uncertain'],
    [502, 'uncertain'],
    [503, 'overloaded'],
    [504, 'uncertain'],
  ])('understands its own error of status %i as %s', (status, kind) => {
    const details = { group: 'org-a', model: 'm', limit: 'requests/min' };
    const retryAt = new Date(RECEIVED_AT).toISOString();
    expect(classifyBare(adapter, status, adapter.renderError({ ...OWN, status })).kind).toBe(kind);
    expect(classifyBare(adapter, status, adapter.renderError({ ...OWN, status, retryAt, details })).kind).toBe(kind);
  });

  it('keeps any message whole', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (message) => {
        const parsed = JSON.parse(adapter.renderError({ ...OWN, message }));
        expect(parsed.error.message).toBe(message);
      }),
      RUNS,
    );
  });
}

function streams(adapter: ProviderAdapter): void {
  it('sees its own stream error as an error, in one event', () => {
    const event = adapter.renderStreamError('The upstream broke off\n\ndata: {"x":1}');
    if (event === null) return;
    expect(event.endsWith('\n\n')).toBe(true);
    const lines = event.trimEnd().split('\n');
    const data = lines.filter((line) => line.startsWith('data: '));
    expect(data).toHaveLength(1);
    const name = lines.find((line) => line.startsWith('event: '))?.slice('event: '.length) ?? null;
    expect(adapter.classifyEvent(name, data[0]?.slice('data: '.length) ?? '')).not.toBeNull();
  });

  it.each([
    [null, '[DONE]'],
    [null, '{"choices":[{"delta":{"content":"the \\"error\\" is yours"}}]}'],
    [null, '{"candidates":[{"content":{"parts":[{"text":"{\\"error\\":1}"}]}}]}'],
    ['message_start', '{"type":"message_start","message":{"usage":{}}}'],
    ['ping', '{"type":"ping"}'],
    ['response.created', '{"type":"response.created","response":{"error":null,"status":"in_progress"}}'],
    [null, ''],
  ])('does not take the event %j %s for an error', (event, data) => {
    expect(adapter.classifyEvent(event, data)).toBeNull();
  });

  it('does not take retry-after on a success for a limit', () => {
    const headers = new HeaderList(['retry-after', '10']);
    const reply = { status: 200, headers, body: '{"processing_status":"in_progress"}', receivedAt: RECEIVED_AT };
    expect(adapter.classify(reply)).toEqual({ kind: 'served', usage: null });
  });
}

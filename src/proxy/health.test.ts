import { describe, expect, it } from 'vitest';
import { providerOf, snapshotOf } from '../../test/support/snapshot.ts';
import type { Provider } from '../model/provider.ts';
import type { UpstreamKey } from '../model/upstream-key.ts';
import { healthReply } from './health.ts';

const KEY: UpstreamKey = {
  ...{ id: 'k', label: 'secret-label', group: 'g', secret: null },
  ...{ weight: 1, enabled: true, limits: [], baseUrl: null },
};

const snapshotWith = (...providers: Provider[]) =>
  snapshotOf({ providers: new Map(providers.map((provider) => [provider.name, provider])) });

const ready = snapshotWith(providerOf({ keys: [KEY] }));
const empty = snapshotOf();

describe('health', () => {
  it('is alive as long as it answers', () => {
    for (const snapshot of [ready, empty]) {
      for (const draining of [true, false]) expect(healthReply('/healthz', snapshot, draining)?.status).toBe(200);
    }
  });

  it.each([
    { what: 'a provider with a key', snapshot: ready, status: 200 },
    {
      what: 'one of two providers with a key',
      snapshot: snapshotWith(providerOf({ name: 'a' }), providerOf({ keys: [KEY] })),
      status: 200,
    },
    { what: 'no provider', snapshot: empty, status: 503 },
    { what: 'a provider without keys', snapshot: snapshotWith(providerOf()), status: 503 },
    {
      what: 'a provider that is switched off',
      snapshot: snapshotWith(providerOf({ keys: [KEY], enabled: false })),
      status: 503,
    },
    {
      what: 'a provider whose keys are',
      snapshot: snapshotWith(providerOf({ keys: [{ ...KEY, enabled: false }] })),
      status: 503,
    },
  ])('with $what, readiness is $status', ({ snapshot, status }) => {
    expect(healthReply('/readyz', snapshot, false)?.status).toBe(status);
  });

  it('is not ready while it drains', () => {
    expect(healthReply('/readyz', ready, true)?.status).toBe(503);
  });

  it('tells a stranger nothing about providers and keys', () => {
    for (const path of ['/healthz', '/readyz']) {
      const body = healthReply(path, ready, false)?.body ?? '';
      expect(JSON.parse(body)).toEqual({ status: expect.any(String) });
      expect(body).not.toMatch(/openai|secret/);
    }
  });

  it.each(['/', '/healthz/', '/healthz2', '/HEALTHZ', '/openai/healthz', '/ready'])('is not asked at %s', (path) => {
    expect(healthReply(path, ready, false)).toBeNull();
  });
});

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { configFromText } from '../../test/support/config-from-text.ts';
import type { Provider } from '../model/provider.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { PRESETS } from '../providers/presets.ts';
import { SettingsMerger } from './settings-merger.ts';
import { buildSnapshot, PRESET_CATALOG } from './snapshot.ts';
import { NOTHING_STORED, StoredState } from './stored-state.ts';

const IDENTITY = Buffer.alloc(32, 7);
const settingsOf = (file: string) =>
  new SettingsMerger(IDENTITY, PRESET_CATALOG).merge(configFromText({ file }), new StoredState(NOTHING_STORED));
const snapshotOf = (file: string): Snapshot => buildSnapshot(settingsOf(file), 0);
const providerOf = (settings: string, name = 'openai'): Provider => {
  const provider = snapshotOf(`providers: { ${name}: ${settings} }`).providers.get(name);
  if (provider === undefined) throw new Error(`no provider ${name}`);
  return provider;
};

describe('a snapshot', () => {
  it('grows in version and cannot be changed', () => {
    const settings = settingsOf('');
    expect(buildSnapshot(settings, 41).version).toBe(42);
    expect(Object.isFrozen(buildSnapshot(settings, 0))).toBe(true);
  });

  it('carries what the data plane reads', () => {
    const snapshot = snapshotOf(
      'listen: { hosts: [api.example] }\ncors: ["https://app.example"]\nreplyHeaders: off\nlimits: { retries: 5, maxBody: 1KB }',
    );
    expect([...snapshot.hosts]).toEqual(['api.example']);
    expect([...snapshot.cors]).toEqual(['https://app.example']);
    expect(snapshot.replyHeaders).toBe(false);
    expect(snapshot.limits).toMatchObject({ retries: 5, maxBodyBytes: 1024, maxWalk: 20, clientStallMs: 600_000 });
  });

  it('knows clients by digest alone', () => {
    const snapshot = snapshotOf('clients: [{ name: my-app, key: app-key, groups: [org-a] }]');
    const digest = createHash('sha256').update('app-key').digest('hex');
    expect([...snapshot.clients]).toEqual([[digest, { name: 'my-app', digest, providers: null, groups: ['org-a'] }]]);
    expect(snapshot.access).toBe('keys');
  });
});

describe('a provider', () => {
  it('takes from its preset what the operator did not say', () => {
    expect(providerOf('{ keys: [{ key: sk-1 }] }')).toMatchObject({
      preset: 'openai',
      wire: 'openai',
      baseUrl: { origin: 'https://api.openai.com', path: '/v1' },
      allowPrivateAddress: false,
      traits: { algorithm: 'refill', chargesMaxTokens: true },
    });
  });

  it('takes from the operator what the operator said', () => {
    const settings =
      '{ baseUrl: "https://eu.api.openai.com/v1", allowPrivateAddress: true, enabled: false, strategy: ordered, rotateOn: [500] }';
    const provider = providerOf(settings);
    expect(provider).toMatchObject({
      baseUrl: { host: 'eu.api.openai.com' },
      allowPrivateAddress: true,
      enabled: false,
      strategy: 'ordered',
    });
    expect(provider.rotateOn.values()).toEqual([500]);
  });

  it('without a preset is custom, and nothing is assumed of it', () => {
    expect(providerOf('{ wire: anthropic, baseUrl: "https://llm.example" }', 'mine')).toMatchObject({
      preset: 'custom',
      wire: 'anthropic',
      keys: [],
      traits: { algorithm: null, refusalsCount: false, concurrencyOnly: false },
    });
  });

  it('whose keys each have their own base URL needs none', () => {
    const provider = providerOf(
      '{ keys: [{ key: a, baseUrl: "https://one.example" }, { key: b, baseUrl: "https://two.example" }] }',
      'azure',
    );
    expect(provider.baseUrl.host).toBe('one.example');
    expect(provider.keys.map(({ baseUrl }) => baseUrl?.host)).toEqual(['one.example', 'two.example']);
  });

  it('that asks for no credential has one entry for it', () => {
    const provider = providerOf('{}', 'ollama');
    expect(provider.keys).toMatchObject([{ label: 'no key', secret: null, enabled: true, weight: 1 }]);
    expect(provider.groups).toEqual([{ name: provider.keys[0]?.id, limits: [] }]);
    expect(provider.allowPrivateAddress).toBe(true);
  });

  it.each([
    ['that asks for one', '{}', 'openai'],
    ['of which that is not known', '{ wire: openai, baseUrl: "https://llm.example" }', 'mine'],
  ])('%s has no key until it is given one', (_, settings, name) => {
    expect(providerOf(settings, name).keys).toEqual([]);
  });

  it('with a key does without the entry for none', () => {
    expect(providerOf('{ keys: [{ key: sk-1, enabled: false }] }', 'ollama').keys.map(({ label }) => label)).toEqual([
      'key-1',
    ]);
  });
});

describe('keys', () => {
  it('are labelled by their place, past labels that are taken', () => {
    const labels = providerOf(
      '{ keys: [{ key: a }, { key: b, label: key-1 }, { key: c }, { key: d, label: mine }] }',
    ).keys.map(({ label }) => label);
    expect(labels).toEqual(['key-1.2', 'key-1', 'key-3', 'mine']);
  });

  it('keep their id, and the group that is their own, when everything but the secret is edited', () => {
    const before = providerOf('{ keys: [{ key: sk-1, label: old }, { key: sk-2 }] }').keys;
    const after = providerOf(
      '{ keys: [{ key: sk-2, weight: 5 }, { key: sk-1, label: new, limits: [{ rpm: 5 }] }] }',
    ).keys;
    expect(after.map(({ id, group }) => [id, group])).toEqual(before.map(({ id, group }) => [id, group]).toReversed());
  });

  it('share the groups they name, declared or not', () => {
    const provider = providerOf(
      '{ groups: { org-a: { limits: [{ rpm: 5 }] }, org-z: }, keys: [{ key: a, group: org-a }, { key: b, group: org-b }, { key: c, group: org-b }] }',
    );
    expect(provider.groups).toEqual([
      { name: 'org-a', limits: [{ model: '*', rpm: 5 }] },
      { name: 'org-z', limits: [] },
      { name: 'org-b', limits: [] },
    ]);
  });

  it('show nothing of their secret', () => {
    const printed = JSON.stringify(providerOf('{ keys: [{ key: sk-canary-0123456789 }] }'));
    expect(printed).not.toMatch(/canary|0123/);
  });
});

describe('the catalogue for configuration', () => {
  it('holds every preset, with a base URL that can be read', () => {
    expect([...PRESET_CATALOG.keys()]).toEqual([...PRESETS.keys()]);
    for (const [name, { baseUrl }] of PRESET_CATALOG) {
      expect(baseUrl?.origin ?? null, name).toBe(
        PRESETS.get(name)?.baseUrl ? new URL(PRESETS.get(name)?.baseUrl ?? '').origin : null,
      );
    }
  });
});

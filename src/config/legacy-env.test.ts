import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configFromText } from '../../test/support/config-from-text.ts';
import type { Config } from './config.ts';

const keysOf = ({ providers }: Config, name: string) =>
  providers.find((provider) => provider.name === name)?.keys.map(({ key, enabled }) => [key.reveal(), enabled]);

describe("the original's .env", () => {
  const dotEnv = `
# an installation of the original
PORT=8991
ADMIN_PASSWORD=correct horse
OPENAI_MY_TEAM_API_KEYS=sk-1, sk-2,~sk-3
OPENAI_MY_TEAM_BASE_URL=https://api.groq.com/openai/v1
OPENAI_MY_TEAM_ACCESS_KEY=let-me-in
OPENAI_MY_TEAM_DEFAULT_MODEL=llama-3
OPENAI_MY_TEAM_MODEL_HISTORY=llama-3,mixtral
GEMINI_GOOGLE_API_KEYS=AIza-1
GEMINI_GOOGLE_DISABLED=true
OPENAI_UNUSED_BASE_URL=https://nowhere.example/v1
DEFAULT_STATUS_CODES=429,500-503
TELEGRAM_BOT_TOKEN=123:abc
TELEGRAM_ALLOWED_USERS=123,456
KEEP_ALIVE_MINUTES=10
`;
  const config = configFromText({ dotEnv });

  it('becomes the same configuration a file would', () => {
    expect(config.listen.port).toBe(8991);
    expect(config.adminPassword?.reveal()).toBe('correct horse');
    expect(config.providers.map(({ name, enabled, origin }) => [name, enabled, origin])).toEqual([
      ['my_team', true, 'environment'],
      ['google', false, 'environment'],
    ]);
    expect(keysOf(config, 'my_team')).toEqual([
      ['sk-1', true],
      ['sk-2', true],
      ['sk-3', false],
    ]);
    expect(config.providers[0]).toMatchObject({
      wire: 'openai',
      preset: null,
      baseUrl: { host: 'api.groq.com', path: '/openai/v1' },
      defaultModel: 'llama-3',
      modelHistory: ['llama-3', 'mixtral'],
    });
    expect(config.providers[0]?.rotateOn.values()).toEqual([429, 500, 501, 502, 503]);
  });

  it('turns an access key into a client of that provider alone', () => {
    expect(config.clients).toMatchObject([
      { name: 'my_team-access-key', providers: ['my_team'], groups: null, origin: 'environment' },
    ]);
    expect(config.clients[0]?.key.reveal()).toBe('let-me-in');
    expect(config.warnings).toEqual([
      'An access key is set for one provider, so every caller needs a client key now; none is set for google.',
    ]);
  });

  it('brings the bot and its users', () => {
    expect(config.telegram).toMatchObject({ users: [123, 456], admins: [] });
    expect(config.telegram?.token.reveal()).toBe('123:abc');
  });

  it('is named as the source', () => {
    expect(config.sources.get('providers.my_team')).toEqual({ kind: 'dotenv', detail: 'OPENAI_MY_TEAM_API_KEYS' });
    expect(config.sources.get('clients.my_team-access-key')).toEqual({
      kind: 'dotenv',
      detail: 'OPENAI_MY_TEAM_ACCESS_KEY',
    });
  });
});

describe('defaults and oldest forms', () => {
  it('know where OpenAI and Gemini live, Gemini under /v1 as it was', () => {
    const { providers } = configFromText({ env: { OPENAI_A_API_KEYS: 'x', GEMINI_B_API_KEYS: 'y' } });
    expect(providers.map(({ name, preset, baseUrl }) => [name, preset, `${baseUrl?.origin}${baseUrl?.path}`])).toEqual([
      ['a', 'openai', 'https://api.openai.com/v1'],
      ['b', 'gemini', 'https://generativelanguage.googleapis.com/v1'],
    ]);
  });

  it("read OPENAI_API_KEYS and GEMINI_API_KEYS as providers of those names, BASE_URL being OpenAI's", () => {
    const env = {
      OPENAI_API_KEYS: 'x',
      GEMINI_API_KEYS: 'y',
      BASE_URL: 'https://proxy.example/v1',
      OPENAI_BASE_URL: 'http://127.0.0.1:8990/openai',
    };
    expect(configFromText({ env }).providers.map(({ name, baseUrl }) => [name, baseUrl?.host])).toEqual([
      ['openai', 'proxy.example'],
      ['gemini', 'generativelanguage.googleapis.com'],
    ]);
  });

  it('join when a provider has both forms, the newer first', () => {
    const config = configFromText({ env: { OPENAI_API_KEYS: 'old,both', OPENAI_OPENAI_API_KEYS: 'new,both' } });
    expect(config.providers).toHaveLength(1);
    expect(keysOf(config, 'openai')?.map(([key]) => key)).toEqual(['new', 'both', 'old']);
  });

  it('allow a private address that the operator typed', () => {
    const env = { OPENAI_L_API_KEYS: 'x', OPENAI_L_BASE_URL: 'https://192.168.1.9:8443/v1', OPENAI_P_API_KEYS: 'x' };
    expect(configFromText({ env }).providers.map(({ allowPrivateAddress }) => allowPrivateAddress)).toEqual([
      true,
      null,
    ]);
  });
});

describe('what is left alone', () => {
  it.each([
    ['keys that are blank', { OPENAI_A_API_KEYS: ' ' }],
    ['companions without keys', { OPENAI_A_BASE_URL: 'nonsense', OPENAI_A_ACCESS_KEY: 'changeme' }],
    ['other types', { ANTHROPIC_A_API_KEYS: 'x' }],
    ['the variables of SDKs', { OPENAI_API_KEY: 'x', OPENAI_BASE_URL: 'x', GEMINI_API_KEY: 'x' }],
    ['status codes for nobody', { DEFAULT_STATUS_CODES: 'nonsense' }],
    ["another program's bot", { TELEGRAM_BOT_TOKEN: 'nonsense' }],
  ])('%s', (_, env) => {
    const { providers, clients, telegram, warnings } = configFromText({ env });
    expect({ providers, clients, telegram, warnings }).toEqual({
      providers: [],
      clients: [],
      telegram: null,
      warnings: [],
    });
  });
});

describe('clashes', () => {
  it('are won by the file, for providers, clients and the bot', () => {
    const file = `
clients: [{ name: a-access-key, key: of-the-file }]
providers: { A: { preset: openai, keys: [{ key: of-the-file }] } }
telegram: { token: "1:file" }
`;
    const env = {
      OPENAI_A_API_KEYS: 'x',
      OPENAI_A_ACCESS_KEY: 'y',
      OPENAI_B_API_KEYS: 'z',
      TELEGRAM_BOT_TOKEN: '1:env',
      TELEGRAM_ALLOWED_USERS: '',
    };
    const config = configFromText({ file, env });
    expect(config.providers.map(({ name, origin }) => [name, origin])).toEqual([
      ['a', 'file'],
      ['b', 'environment'],
    ]);
    expect(config.clients.map(({ key }) => key.reveal())).toEqual(['of-the-file']);
    expect(config.telegram?.token.reveal()).toBe('1:file');
    expect(config.sources.get('providers.a')).toEqual({ kind: 'file', detail: 'rotato.yaml:3' });
  });

  it('of an access key with a client key of the file are won by the file', () => {
    const file = 'clients: [{ name: mine, key: same, providers: [b] }]';
    const { clients } = configFromText({ file, env: { OPENAI_A_API_KEYS: 'x', OPENAI_A_ACCESS_KEY: 'same' } });
    expect(clients.map(({ name }) => name)).toEqual(['mine']);
  });

  it('of two access keys that are one make one client of both', () => {
    const env = {
      OPENAI_A_API_KEYS: 'x',
      OPENAI_A_ACCESS_KEY: 'same',
      OPENAI_B_API_KEYS: 'x',
      OPENAI_B_ACCESS_KEY: 'same',
    };
    expect(configFromText({ env }).clients).toMatchObject([{ name: 'a-access-key', providers: ['a', 'b'] }]);
  });

  it('of a key with itself are told, and the first place counts', () => {
    const config = configFromText({ env: { OPENAI_A_API_KEYS: 'x,y,~x' } });
    expect(keysOf(config, 'a')).toEqual([
      ['x', true],
      ['y', true],
    ]);
    expect(config.warnings).toEqual(['OPENAI_A_API_KEYS holds a key twice; the first place counts.']);
  });
});

describe('nothing is lost', () => {
  const name = fc
    .stringMatching(/^[A-Z][A-Z0-9]{0,8}(_[A-Z0-9]{1,8}){0,2}$/)
    .filter((text) => !/^(ADMIN|V1|METRICS|HEALTHZ|READYZ)$|API_KEYS|^CONSTRUCTOR$/.test(text));
  const key = fc.stringMatching(/^[!-+\--}]{1,30}$/);
  const account = fc.record({
    type: fc.constantFrom('OPENAI', 'GEMINI'),
    keys: fc.uniqueArray(fc.tuple(key, fc.boolean()), { minLength: 1, maxLength: 5, selector: ([text]) => text }),
    disabled: fc.boolean(),
  });

  it('of any accounts: names, keys, their order, and which are disabled', () => {
    fc.assert(
      fc.property(fc.dictionary(name, account, { maxKeys: 4, noNullPrototype: true }), (accounts) => {
        const lines = Object.entries(accounts).flatMap(([stem, { type, keys, disabled }]) => [
          `${type}_${stem}_API_KEYS=${keys.map(([text, enabled]) => (enabled ? text : `~${text}`)).join(',')}`,
          `${type}_${stem}_DISABLED=${disabled}`,
        ]);
        const config = configFromText({ dotEnv: lines.join('\n') });
        const read = config.providers.map((provider) => [
          provider.name,
          provider.enabled,
          keysOf(config, provider.name),
        ]);
        expect(read).toEqual(
          Object.entries(accounts).map(([stem, { keys, disabled }]) => [stem.toLowerCase(), !disabled, keys]),
        );
      }),
    );
  });
});

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the format under test writes variables this way.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { configFromText } from '../../test/support/config-from-text.ts';
import { describeSource } from './sources.ts';

const CONTRACT = `
listen: { host: 127.0.0.1, port: 8990, hosts: [] }
access: open
clients:
  - { name: my-app, key: "\${MY_APP_KEY}", providers: [openai], groups: [org-a] }
providers:
  openai:
    preset: openai
    baseUrl: https://api.openai.com/v1
    strategy: round-robin
    rotateOn: [500, "502-504"]
    maxWait: 30s
    timeouts: { connect: 10s, firstByte: 300s, idle: 300s }
    allowPrivateAddress: true
    groups:
      org-a: { limits: [{ model: "*", rpm: 20, tpm: 40000, rpd: 1000, concurrent: 5, window: sliding }] }
    keys:
      - key: "\${OPENAI_KEY_A}"
        label: team-a
        group: org-a
        weight: 1
        enabled: true
        limits: []
        baseUrl: https://team-a.openai.azure.com/openai/v1/
cors: ["https://app.example"]
telegram: { token: "\${TELEGRAM_BOT_TOKEN}", admins: [1234], users: [1234, 5678], apiRoot: https://api.telegram.org }
`;
const CONTRACT_ENV = { MY_APP_KEY: 'app-key', OPENAI_KEY_A: 'sk-a', TELEGRAM_BOT_TOKEN: '12:ab' };

describe('the configuration file of the manual', () => {
  const config = configFromText({ file: CONTRACT, env: CONTRACT_ENV });

  it('says where to listen and who may call', () => {
    expect(config.listen).toEqual({ addresses: ['127.0.0.1'], port: 8990, hosts: [] });
    expect(config.access).toBe('open');
    expect(config.cors).toEqual(['https://app.example']);
    expect(config.clients).toMatchObject([
      { name: 'my-app', providers: ['openai'], groups: ['org-a'], origin: 'file' },
    ]);
    expect(config.clients[0]?.key.reveal()).toBe('app-key');
  });

  it('describes a provider', () => {
    expect(config.providers).toHaveLength(1);
    const [provider] = config.providers;
    expect(provider).toMatchObject({
      name: 'openai',
      preset: 'openai',
      strategy: 'round-robin',
      maxWaitMs: 30_000,
      maxWaitCeilingMs: 600_000,
      timeouts: { connectMs: 10_000, firstByteMs: 300_000, idleMs: 300_000 },
      allowPrivateAddress: true,
      groups: [
        { name: 'org-a', limits: [{ model: '*', rpm: 20, tpm: 40_000, rpd: 1000, concurrent: 5, window: 'sliding' }] },
      ],
    });
    expect(provider?.rotateOn.values()).toEqual([500, 502, 503, 504]);
    expect(provider?.keys).toMatchObject([
      { label: 'team-a', group: 'org-a', weight: 1, enabled: true, limits: [], baseUrl: { path: '/openai/v1' } },
    ]);
    expect(provider?.keys[0]?.key.reveal()).toBe('sk-a');
  });

  it('describes the bot', () => {
    expect(config.telegram).toMatchObject({
      admins: [1234],
      users: [1234, 5678],
      apiRoot: { hostname: 'api.telegram.org' },
    });
    expect(config.telegram?.token.reveal()).toBe('12:ab');
  });

  it('says where each setting came from', () => {
    const sourceOf = (setting: string) => {
      const source = config.sources.get(setting);
      return source === undefined ? null : describeSource(source);
    };
    expect(sourceOf('listen.port')).toBe('rotato.yaml:2');
    expect(sourceOf('clients.my-app')).toBe('rotato.yaml:5');
    expect(sourceOf('providers.openai.strategy')).toBe('rotato.yaml:10');
    expect(sourceOf('providers.openai.enabled')).toBe('default');
    expect(sourceOf('limits.maxBody')).toBe('default');
    expect(sourceOf('dataDir')).toBe('default');
  });

  it('is frozen, whole', () => {
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.providers[0]?.keys[0])).toBe(true);
    expect(() => Object.assign(config.limits, { retries: 9 })).toThrow(TypeError);
  });

  it('prints no secret', () => {
    const printed = JSON.stringify([config, [...config.sources]]);
    for (const secret of Object.values(CONTRACT_ENV)) expect(printed).not.toContain(secret);
  });

  it('says the same as JSON', () => {
    const json = JSON.stringify(
      { listen: { port: 1234 }, providers: { openai: { keys: [{ key: 'k' }] } } },
      null,
      '\t',
    );
    const read = configFromText({ file: json });
    expect(read.listen.port).toBe(1234);
    expect(read.providers[0]?.keys).toHaveLength(1);
  });
});

describe('what nobody said', () => {
  it('has a default', () => {
    const config = configFromText({});
    expect(config).toMatchObject({
      listen: { addresses: ['127.0.0.1', '::1'], port: 8990, hosts: [] },
      dataDir: '/srv/.rotato',
      configFile: null,
      logLevel: 'info',
      adminPassword: null,
      access: null,
      clients: [],
      providers: [],
      replyHeaders: true,
      limits: {
        maxBodyBytes: 100 * 1024 ** 2,
        retries: 2,
        maxWalk: 20,
        clientStallMs: 600_000,
        maxWaitCeilingMs: 600_000,
        drainMs: 30_000,
      },
      log: { enabled: true, keptMs: 30 * 86_400_000, maxBytes: 1024 ** 3, lines: true, maxLineBytes: 100 * 1024 ** 2 },
      prices: [],
    });
  });

  it('is the same for an empty file, and for sections left blank', () => {
    const { sources: _, configFile: __, ...unsaid } = configFromText({});
    for (const file of ['', '# nothing\n', 'listen:\nproviders:\nclients:\ncors:\nlimits:\n']) {
      expect(configFromText({ file })).toMatchObject(unsaid);
    }
  });

  it("is a provider's preset when the provider has a preset's name", () => {
    const { providers } = configFromText({
      file: 'providers:\n  Ollama:\n  openai: { wire: gemini, baseUrl: "http://a.example" }',
    });
    expect(providers).toMatchObject([
      { name: 'ollama', preset: 'ollama', wire: null, baseUrl: null, allowPrivateAddress: null },
      { name: 'openai', preset: null, wire: 'gemini' },
    ]);
  });
});

describe('small print', () => {
  it.each([
    ['off', false],
    ['false', false],
    ['on', true],
    ['"on"', true],
  ])('replyHeaders: %s', (written, replyHeaders) => {
    expect(configFromText({ file: `replyHeaders: ${written}` }).replyHeaders).toBe(replyHeaders);
  });

  it.each([
    ['localhost', ['127.0.0.1', '::1']],
    ['"[::1]"', ['::1']],
    ['127.0.0.2', ['127.0.0.2']],
  ])('host: %s listens on %j', (host, addresses) => {
    expect(configFromText({ file: `listen: { host: ${host} }` }).listen.addresses).toEqual(addresses);
  });

  it('lets a wait of nothing and a stall of for ever be written as 0', () => {
    const { providers, limits } = configFromText({
      file: 'limits: { clientStall: 0 }\nproviders: { openai: { maxWait: 0 } }',
    });
    expect([limits.clientStallMs, providers[0]?.maxWaitMs]).toEqual([0, 0]);
  });

  it('lets the default wait give way to a lower ceiling', () => {
    const file = 'limits: { maxWaitCeiling: 10s }\nproviders: { openai: {} }';
    expect(configFromText({ file }).providers[0]?.maxWaitMs).toBe(10_000);
  });

  it('takes the ceiling for waits from the provider, then from the limits', () => {
    const file =
      'limits: { maxWaitCeiling: 20m }\nproviders: { openai: { maxWait: 15m }, ollama: { maxWaitCeiling: 1m } }';
    expect(configFromText({ file }).providers.map(({ maxWaitCeilingMs }) => maxWaitCeilingMs)).toEqual([
      1_200_000, 60_000,
    ]);
  });

  it('lower-cases the names that callers write in any case', () => {
    const file =
      'listen: { hosts: [API.Example] }\nclients: [{ name: A, key: abc, providers: [OpenAI] }]\nproviders: { OpenAI: {} }';
    const config = configFromText({ file });
    expect([config.listen.hosts, config.clients[0]?.providers, config.providers[0]?.name]).toEqual([
      ['api.example'],
      ['openai'],
      'openai',
    ]);
  });

  it('repeats a part by alias', () => {
    const file =
      'providers:\n  openai:\n    keys:\n      - { key: a, limits: &each [{ rpm: 3 }] }\n      - { key: b, limits: *each }';
    expect(configFromText({ file }).providers[0]?.keys.map(({ limits }) => limits)).toEqual([
      [{ model: '*', rpm: 3 }],
      [{ model: '*', rpm: 3 }],
    ]);
  });
});

describe('who wins', () => {
  const file = 'listen: { port: 1, host: 127.0.0.3 }';
  const dotEnv = 'ROTATO_PORT=2\nPORT=3';

  it('is the flag, then the environment, then the file, then the default', () => {
    const port = (written: Parameters<typeof configFromText>[0]) => configFromText(written).listen.port;
    expect(port({ flags: { port: '6' }, env: { ROTATO_PORT: '5', PORT: '4' }, dotEnv, file })).toBe(6);
    expect(port({ env: { ROTATO_PORT: '5', PORT: '4' }, dotEnv, file })).toBe(5);
    expect(port({ env: { PORT: '4' }, dotEnv, file })).toBe(4);
    expect(port({ dotEnv, file })).toBe(2);
    expect(port({ dotEnv: 'PORT=3', file })).toBe(3);
    expect(port({ file })).toBe(1);
    expect(port({})).toBe(8990);
  });

  it('is shown', () => {
    const source = (written: Parameters<typeof configFromText>[0]) =>
      configFromText(written).sources.get('listen.port');
    expect(source({ flags: { port: '6' }, file })).toEqual({ kind: 'flag', detail: '--port' });
    expect(source({ env: { PORT: '4' }, file })).toEqual({ kind: 'environment', detail: 'PORT' });
    expect(source({ dotEnv, file })).toEqual({ kind: 'dotenv', detail: 'ROTATO_PORT' });
    expect(source({ file })).toEqual({ kind: 'file', detail: 'rotato.yaml:1' });
    expect(source({})).toEqual({ kind: 'default', detail: '' });
  });

  it('is the next in line where a variable is blank', () => {
    expect(configFromText({ env: { ROTATO_HOST: '', ROTATO_LOG_LEVEL: ' ' }, file })).toMatchObject({
      listen: { addresses: ['127.0.0.3'] },
      logLevel: 'info',
    });
  });

  it.each([
    ['ROTATO_ADMIN_PASSWORD', 'adminPassword'],
    ['ADMIN_PASSWORD', 'adminPassword'],
  ] as const)('%s is the %s', (variable, setting) => {
    expect(configFromText({ env: { [variable]: 'correct horse ✓' } })[setting]?.reveal()).toBe('correct horse ✓');
  });

  it('takes the master key in either base64, or the path of a file that holds it', () => {
    const key = Buffer.alloc(32, 0xfb);
    for (const text of [key.toString('base64'), key.toString('base64url'), ` ${key.toString('base64')} `]) {
      const { masterKey } = configFromText({ env: { ROTATO_MASTER_KEY: text } });
      expect(Buffer.from(masterKey?.reveal() ?? '', 'base64')).toEqual(key);
    }
    expect(configFromText({ env: { ROTATO_MASTER_KEY_FILE: 'key' } })).toMatchObject({
      masterKey: null,
      masterKeyFile: '/srv/key',
    });
    expect(configFromText({})).toMatchObject({ masterKey: null, masterKeyFile: null });
  });

  it('finds the data directory from where it was started', () => {
    expect(configFromText({ flags: { data: 'here' } }).dataDir).toBe('/srv/here');
    expect(configFromText({ env: { ROTATO_DATA: '/var/lib/rotato' } }).dataDir).toBe('/var/lib/rotato');
  });
});

describe('variables in the file', () => {
  it('stand inside texts, come from .env too, and may be numbers and flags', () => {
    const config = configFromText({
      file: 'listen: { port: "${P}" }\nreplyHeaders: ${ON}\nproviders: { openai: { baseUrl: "https://${HOST}/v${N}" } }',
      env: { P: '81', HOST: 'a.example' },
      dotEnv: 'N=2\nHOST=b.example\nON=off',
    });
    expect([
      config.listen.port,
      config.replyHeaders,
      config.providers[0]?.baseUrl?.host,
      config.providers[0]?.baseUrl?.path,
    ]).toEqual([81, false, 'a.example', '/v2']);
  });

  it('are not looked for in what a variable holds, and $${ is a plain ${', () => {
    const file = 'clients: [{ name: a, key: "${A}" }, { name: b, key: "x$${A}y" }]';
    expect(configFromText({ file, env: { A: '${B}' } }).clients.map(({ key }) => key.reveal())).toEqual([
      '${B}',
      'x${A}y',
    ]);
  });

  it('may hold whatever YAML would have made something of', () => {
    const printable = fc.string({
      unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
      minLength: 1,
    });
    fc.assert(
      fc.property(printable, (secret) => {
        const config = configFromText({
          file: 'providers: { openai: { keys: [{ key: "${K}" }] } }',
          env: { K: secret },
        });
        expect(config.providers[0]?.keys[0]?.key.reveal()).toBe(secret);
      }),
    );
  });

  it('take nothing from a prototype', () => {
    for (const name of ['toString', 'constructor', '__proto__']) {
      expect(() => configFromText({ file: `cors: ["\${${name}}"]` })).toThrow(
        `environment variable ${name} is not set`,
      );
    }
  });
});

describe('prototypes', () => {
  it.each([
    '{"__proto__": {"polluted": 1}}',
    '{"providers": {"openai": {"__proto__": {"polluted": 1}}}}',
    '{"providers": {"__proto__": {"preset": "openai", "polluted": 1}}}',
    '{"constructor": {"prototype": {"polluted": 1}}}',
    'providers: { openai: { groups: { __proto__: { limits: [{ rpm: 1 }] } } } }',
    'a: &a { __proto__: { polluted: 1 } }\nb: *a',
  ])('are refused and left alone: %s', (file) => {
    expect(() => configFromText({ file })).toThrow('unknown setting');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('what was written is what is read', () => {
  const name = fc
    .stringMatching(/^[a-z][a-z0-9_-]{0,20}$/)
    .filter((text) => !['admin', 'v1', 'healthz', 'readyz', 'metrics', 'constructor'].includes(text));
  const secret = fc.stringMatching(/^[!-#%-~]{1,40}$/);
  const provider = fc.record(
    {
      strategy: fc.constantFrom('round-robin', 'ordered', 'latency'),
      maxWait: fc.integer({ min: 0, max: 600 }).map((seconds) => `${seconds}s`),
      enabled: fc.boolean(),
      rotateOn: fc.uniqueArray(fc.integer({ min: 400, max: 599 }), { maxLength: 4 }),
      keys: fc.uniqueArray(secret, { maxLength: 4 }),
    },
    { noNullPrototype: true },
  );

  it('as YAML and as JSON', () => {
    fc.assert(
      fc.property(
        fc.dictionary(name, provider, { maxKeys: 4, noNullPrototype: true }),
        fc.nat(65_535),
        (providers, port) => {
          const tree = {
            listen: { port },
            providers: Object.fromEntries(
              Object.entries(providers).map(([key, entry]) => [
                key,
                { ...entry, preset: 'openai', keys: entry.keys.map((text) => ({ key: text })) },
              ]),
            ),
          };
          for (const file of [stringify(tree), JSON.stringify(tree)]) {
            const config = configFromText({ file });
            expect(config.listen.port).toBe(port);
            const read = config.providers.map((entry) => [
              entry.name,
              {
                strategy: entry.strategy,
                maxWait: `${entry.maxWaitMs / 1000}s`,
                enabled: entry.enabled,
                rotateOn: entry.rotateOn.values(),
                keys: entry.keys.map(({ key }) => key.reveal()),
              },
            ]);
            const written = Object.entries(providers).map(([key, entry]) => [
              key,
              { ...entry, rotateOn: entry.rotateOn.toSorted((a, b) => a - b) },
            ]);
            expect(read).toEqual(written);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('warnings', () => {
  it.each([
    ['providers: { openai: {} }', 'Provider openai has no keys, so it answers 503 until it has one.'],
    ['clients: [{ name: a, key: abc, providers: [groq] }]', 'Client a may call groq, which is not configured.'],
    ['clients: [{ name: a, key: abc, groups: [org-x] }]', 'Client a may use group org-x, which no key belongs to.'],
    [
      'access: open\nclients: [{ name: a, key: abc }]',
      'access is "open", so callers without a client key are served too, whatever the clients\' scopes say.',
    ],
    [
      'providers: { openai: { baseUrl: "http://api.example/v1", keys: [{ key: a }] } }',
      'Provider openai is reached over http, so its keys travel unencrypted to api.example.',
    ],
  ])('%s', (file, warning) => {
    expect(configFromText({ file }).warnings).toEqual([warning]);
  });

  it.each([
    'providers: { ollama: {} }',
    'providers: { openai: { baseUrl: "http://192.168.1.5/v1", keys: [{ key: a }] } }',
  ])('none for %s', (file) => {
    expect(configFromText({ file }).warnings).toEqual([]);
  });

  it('tell of quotes in .env around a value that was read', () => {
    const { warnings } = configFromText({ dotEnv: 'ROTATO_ADMIN_PASSWORD="correct horse"\nOTHER="x"' });
    expect(warnings).toEqual([
      'The quotes around ROTATO_ADMIN_PASSWORD in .env are part of its value; remove them if they are not meant.',
    ]);
  });
});

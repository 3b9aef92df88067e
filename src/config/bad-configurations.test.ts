// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the format under test writes variables this way.
import { describe, expect, it } from 'vitest';
import { configFromText, type Written } from '../../test/support/config-from-text.ts';
import { RotatoError } from '../errors.ts';

/** What the operator reads, without the heading; one line a problem. */
function problemsOf(written: Written): string[] {
  try {
    configFromText(written);
  } catch (error) {
    expect(error).toBeInstanceOf(RotatoError);
    expect((error as RotatoError).code).toBe('bad-configuration');
    return (error as RotatoError).message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
  return [];
}

const SETTINGS =
  'preset, wire, baseUrl, enabled, strategy, rotateOn, maxWait, maxWaitCeiling, timeouts, allowPrivateAddress, groups, keys';
const KEY_TEXT = 'a text of printable ASCII characters without spaces; read it from the environment with ${NAME}';
const NAME_TEXT = 'a name of 1 to 64 printable ASCII characters';
const DURATION = 'a duration from 1ms to 24h, such as 250ms, 5s, 2m or 1h';

const openai = (settings: string) => `providers:\n  openai: ${settings}`;
const keys = (list: string) => openai(`{ keys: ${list} }`);

describe('each mistake is told with its place, what was found and what is allowed', () => {
  const cases: [title: string, given: Written, problems: string[]][] = [
    [
      'a misspelt section',
      { file: 'provders: {}' },
      [
        'rotato.yaml:1: provders: unknown setting; allowed: listen, access, clients, defaults, providers, cors, telegram, replyHeaders, limits, log, prices. Did you mean "providers"?',
      ],
    ],
    [
      'a misspelt setting, on its own line',
      { file: 'providers:\n  openai:\n    keys: []\n    stratgy: random' },
      [`rotato.yaml:4: providers.openai.stratgy: unknown setting; allowed: ${SETTINGS}. Did you mean "strategy"?`],
    ],
    [
      'a setting nothing resembles',
      { file: 'listen: { zebra: 1 }' },
      ['rotato.yaml:1: listen.zebra: unknown setting; allowed: host, port, hosts'],
    ],
    [
      'a misspelt choice',
      { file: openai('{ strategy: ordred }') },
      [
        'rotato.yaml:2: providers.openai.strategy: found "ordred"; allowed: round-robin, ordered, least-used, headroom, weighted, random, latency, or a module of your own such as ./my-strategy.ts. Did you mean "ordered"?',
      ],
    ],
    [
      'a misspelt access',
      { file: 'access: key' },
      ['rotato.yaml:1: access: found "key"; allowed: open, keys. Did you mean "keys"?'],
    ],
    [
      'a port out of range',
      { file: 'listen: { port: 70000 }' },
      ['rotato.yaml:1: listen.port: found 70000; allowed: a whole number from 0 to 65535'],
    ],
    [
      'a port that is no number',
      { file: 'listen: { port: http }' },
      ['rotato.yaml:1: listen.port: found "http"; allowed: a whole number from 0 to 65535'],
    ],
    [
      'a host with a scheme',
      { file: 'listen: { host: "http://x" }' },
      ['rotato.yaml:1: listen.host: found "http://x"; allowed: an IP address or a host name, without scheme or port'],
    ],
    [
      'a served name with a port',
      { file: 'listen: { hosts: ["api.example:80"] }' },
      ['rotato.yaml:1: listen.hosts[0]: found "api.example:80"; allowed: a host name, without scheme or port'],
    ],
    [
      'a section that is a list',
      { file: 'listen: []' },
      ['rotato.yaml:1: listen: found a list; allowed: a group of settings (host, port, hosts)'],
    ],
    [
      'providers as a list',
      { file: 'providers: [openai]' },
      ['rotato.yaml:1: providers: found a list; allowed: providers by name'],
    ],
    [
      'a duration without its unit',
      { file: openai('{ maxWait: 30 }') },
      [
        'rotato.yaml:2: providers.openai.maxWait: found 30; allowed: a duration from 0ms to 24h, such as 250ms, 5s, 2m or 1h',
      ],
    ],
    [
      'a time-out of nothing',
      { file: openai('{ timeouts: { idle: 0s } }') },
      [`rotato.yaml:2: providers.openai.timeouts.idle: found "0s"; allowed: ${DURATION}`],
    ],
    [
      'a misspelt time-out',
      { file: openai('{ timeouts: { firstbyte: 5s } }') },
      [
        'rotato.yaml:2: providers.openai.timeouts.firstbyte: unknown setting; allowed: connect, firstByte, idle. Did you mean "firstByte"?',
      ],
    ],
    [
      'a size without its unit',
      { file: 'limits: { maxBody: 100 }' },
      ['rotato.yaml:1: limits.maxBody: found 100; allowed: a size from 1B to 100GB, such as 64KB or 100MB'],
    ],
    [
      'a wait longer than callers may ask for',
      { file: openai('{ maxWait: 15m }') },
      ['rotato.yaml:2: providers.openai.maxWait: found a longer wait; allowed: at most maxWaitCeiling, 10m'],
    ],
    [
      'a limit of zero',
      { file: openai('{ groups: { org-a: { limits: [{ rpm: 0 }] } } }') },
      [
        'rotato.yaml:2: providers.openai.groups.org-a.limits[0].rpm: found 0; allowed: a whole number from 1 to 1000000000000',
      ],
    ],
    [
      'a limit below zero',
      { file: keys('[{ key: a, limits: [{ tpm: -5 }] }]') },
      [
        'rotato.yaml:2: providers.openai.keys[0].limits[0].tpm: found -5; allowed: a whole number from 1 to 1000000000000',
      ],
    ],
    [
      'a limit that limits nothing',
      { file: keys('[{ key: a, limits: [{ model: "*" }] }]') },
      [
        'rotato.yaml:2: providers.openai.keys[0].limits[0]: found no limit; allowed: at least one of rpm, rph, rpd, tpm, tpd, itpm, otpm, concurrent',
      ],
    ],
    [
      'an unknown window',
      { file: keys('[{ key: a, limits: [{ rpm: 5, window: slidin }] }]') },
      [
        'rotato.yaml:2: providers.openai.keys[0].limits[0].window: found "slidin"; allowed: refill, sliding, fixed. Did you mean "sliding"?',
      ],
    ],
    [
      'a weight of zero',
      { file: keys('[{ key: a, weight: 0 }]') },
      ['rotato.yaml:2: providers.openai.keys[0].weight: found 0; allowed: a number above 0, up to 1000000'],
    ],
    [
      'something else than true or false',
      { file: keys('[{ key: a, enabled: maybe }]') },
      ['rotato.yaml:2: providers.openai.keys[0].enabled: found "maybe"; allowed: true or false (on or off)'],
    ],
    [
      'a key with a space',
      { file: keys('[{ key: "sk-my secret key" }]') },
      [`rotato.yaml:2: providers.openai.keys[0].key: found a text of 16 characters (not shown); allowed: ${KEY_TEXT}`],
    ],
    [
      'an empty key',
      { file: keys('[{ key: "" }]') },
      [`rotato.yaml:2: providers.openai.keys[0].key: found an empty text; allowed: ${KEY_TEXT}`],
    ],
    [
      'a key left out',
      { file: keys('[{ label: a }]') },
      [`rotato.yaml:2: providers.openai.keys[0].key: missing; allowed: ${KEY_TEXT}`],
    ],
    [
      'a key that YAML takes for a number',
      { file: keys('[{ key: 12345678 }]') },
      [`rotato.yaml:2: providers.openai.keys[0].key: found a number (not shown); allowed: a text; put it in quotes`],
    ],
    [
      'a key with a line break in it',
      { file: keys('[{ key: "sk-a\\nX-Evil: 1" }]') },
      [`rotato.yaml:2: providers.openai.keys[0].key: found a text of 14 characters (not shown); allowed: ${KEY_TEXT}`],
    ],
    [
      'keys as plain texts, which are not shown',
      { file: keys('[sk-verysecret]') },
      [
        'rotato.yaml:2: providers.openai.keys[0]: found a text of 13 characters (not shown); allowed: a group of settings (key, label, group, weight, enabled, limits, baseUrl)',
      ],
    ],
    [
      'keys that are not a list',
      { file: keys('sk-verysecret') },
      [
        'rotato.yaml:2: providers.openai.keys: found a text of 13 characters (not shown); allowed: a list of keys, such as [{ key: "${OPENAI_API_KEY}" }]',
      ],
    ],
    [
      'the same key twice',
      { file: 'providers:\n  openai:\n    keys:\n      - { key: sk-1 }\n      - { key: sk-2 }\n      - { key: sk-1 }' },
      [
        'rotato.yaml:6: providers.openai.keys[2].key: found the same key as providers.openai.keys[0]; allowed: each key once',
      ],
    ],
    [
      'the same label twice',
      { file: keys('[{ key: a, label: x }, { key: b, label: x }]') },
      [
        'rotato.yaml:2: providers.openai.keys[1].label: found the same label as providers.openai.keys[0]; allowed: each label once',
      ],
    ],
    [
      'a label with a line break',
      { file: keys('[{ key: a, label: "x\\ny" }]') },
      [`rotato.yaml:2: providers.openai.keys[0].label: found "x\\ny"; allowed: ${NAME_TEXT}`],
    ],
    [
      'a label that gives the key away',
      { file: keys('[{ key: sk-secret, label: my sk-secret }]') },
      [
        'rotato.yaml:2: providers.openai.keys[0].label: found the key itself in it; allowed: a name that does not hold the key, because names are shown',
      ],
    ],
    [
      'a variable that is not set',
      { file: keys('[{ key: "${OPENAI_KEY_A}" }]') },
      [
        'rotato.yaml:2: providers.openai.keys[0].key: environment variable OPENAI_KEY_A is not set; set it, in the environment or in .env',
      ],
    ],
    [
      'a variable that is empty',
      { file: keys('[{ key: "${K}" }]'), env: { K: '' } },
      [`rotato.yaml:2: providers.openai.keys[0].key: found "\${K}" (its value is not shown); allowed: ${KEY_TEXT}`],
    ],
    [
      'a reference that is none',
      { file: openai('{ baseUrl: "${my-url}" }') },
      ['rotato.yaml:2: providers.openai.baseUrl: found "${my-url}"; allowed: ${NAME}, or $${ for a plain ${'],
    ],
    [
      'a variable of the wrong kind, its value not shown',
      { file: 'listen: { port: "${WEB_PORT}" }', env: { WEB_PORT: 'sk-oops' } },
      [
        'rotato.yaml:1: listen.port: found "${WEB_PORT}" (its value is not shown); allowed: a whole number from 0 to 65535',
      ],
    ],
    [
      'an unknown preset',
      { file: 'providers: { a: { preset: opnai } }' },
      [
        'rotato.yaml:1: providers.a.preset: found an unknown preset "opnai"; allowed: openai, azure, ollama, gemini. Did you mean "openai"?',
      ],
    ],
    [
      'neither preset nor wire',
      { file: 'providers: { opnai: {} }' },
      [
        'rotato.yaml:1: providers.opnai: found neither preset nor wire; allowed: preset (openai, azure, ollama, gemini), or wire and baseUrl. Did you mean "openai"?',
      ],
    ],
    [
      'a wire that its preset does not speak',
      { file: openai('{ preset: openai, wire: gemini }') },
      [
        'rotato.yaml:2: providers.openai.wire: found another wire; allowed: openai, which is what preset openai speaks, or nothing',
      ],
    ],
    [
      'a wire without a base URL',
      { file: 'providers: { a: { wire: openai } }' },
      [
        'rotato.yaml:1: providers.a.baseUrl: missing; allowed: the URL under which the provider is reached, here or on every key',
      ],
    ],
    [
      "a preset whose base URL is the account's",
      { file: 'providers: { azure: { keys: [{ key: a }] } }' },
      [
        'rotato.yaml:1: providers.azure.baseUrl: missing; allowed: the URL under which the provider is reached, here or on every key',
      ],
    ],
    [
      'a base URL that is none',
      { file: openai('{ baseUrl: api.openai.com }') },
      [
        'rotato.yaml:2: providers.openai.baseUrl: found "api.openai.com"; allowed: an http or https URL such as https://api.openai.com/v1',
      ],
    ],
    [
      'a base URL of another scheme',
      { file: openai('{ baseUrl: "file:///etc/passwd" }') },
      [
        'rotato.yaml:2: providers.openai.baseUrl: found "file:///etc/passwd"; allowed: an http or https URL such as https://api.openai.com/v1; the scheme must be http or https, not file',
      ],
    ],
    [
      'a base URL with a password, which is not shown',
      { file: openai('{ baseUrl: "https://me:hunter2@api.example" }') },
      [
        'rotato.yaml:2: providers.openai.baseUrl: found "https://[secret]@api.example"; allowed: an http or https URL such as https://api.openai.com/v1; it must not carry a user name or password',
      ],
    ],
    [
      'a base URL with a query',
      { file: openai('{ baseUrl: "https://a.example/v1?key=hunter2hunter2" }') },
      [
        'rotato.yaml:2: providers.openai.baseUrl: found "https://a.example/v1?key=[secret]"; allowed: an http or https URL such as https://api.openai.com/v1; it must not carry a query (?…)',
      ],
    ],
    [
      'a status that is none',
      { file: openai('{ rotateOn: [5xx] }') },
      [
        'rotato.yaml:2: providers.openai.rotateOn: found a list; allowed: a list of statuses from 400 to 599, each 500, "500-503", "500+" (above) or "500=+" (and above); "5xx" is not a status; write 500, 500-503, 500+ or 500=+',
      ],
    ],
    [
      'rotating on success',
      { file: openai('{ rotateOn: [200] }') },
      [
        'rotato.yaml:2: providers.openai.rotateOn: found a list; allowed: a list of statuses from 400 to 599, each 500, "500-503", "500+" (above) or "500=+" (and above)',
      ],
    ],
    [
      'a provider under a path of our own',
      { file: 'providers: { Admin: { preset: openai } }' },
      [
        'rotato.yaml:1: providers.Admin: found a name that cannot be used; allowed: any name but admin, v1, healthz, readyz, metrics, which rotato serves itself',
      ],
    ],
    [
      'a provider name that no URL can hold',
      { file: 'providers: { "a/b": { preset: openai } }' },
      [
        'rotato.yaml:1: providers["a/b"]: found a name that cannot be used; allowed: 1 to 64 letters, digits, ".", "_", "-" or "~", beginning with a letter or digit and not ending with "."',
      ],
    ],
    [
      'a provider called like a part of JavaScript',
      { file: 'providers: { constructor: { preset: openai } }' },
      [
        'rotato.yaml:1: providers.constructor: found a name that cannot be used; allowed: any name that JavaScript does not use itself',
      ],
    ],
    [
      'a provider called __proto__',
      { file: '{"providers": {"__proto__": {"preset": "openai"}}}' },
      ['rotato.yaml:1: providers.__proto__: unknown setting; this name is never allowed'],
    ],
    [
      'one provider in two spellings',
      { file: 'providers:\n  a: { preset: openai }\n  A: { preset: openai }' },
      ['rotato.yaml:3: providers.A: found twice; allowed: each name once, upper and lower case being the same'],
    ],
    [
      'a client without a key',
      { file: 'clients: [{ name: a }]' },
      ['rotato.yaml:1: clients[0].key: missing; allowed: a secret of printable ASCII characters without spaces'],
    ],
    [
      'a placeholder for a client key',
      { file: 'clients: [{ name: a, key: ChangeMe }]' },
      [
        'rotato.yaml:1: clients[0].key: found a text of 8 characters (not shown); allowed: a secret of your own; this one is a placeholder that anybody would try first',
      ],
    ],
    [
      'a blank client key',
      { file: 'clients: [{ name: a, key: "   " }]' },
      [
        'rotato.yaml:1: clients[0].key: found a text of 3 characters (not shown); allowed: a secret of printable ASCII characters without spaces',
      ],
    ],
    [
      'two clients of one name',
      { file: 'clients: [{ name: a, key: k1 }, { name: a, key: k2 }]' },
      ['rotato.yaml:1: clients[1].name: found the same name as clients[0]; allowed: each name once'],
    ],
    [
      'two clients with one key',
      { file: 'clients: [{ name: a, key: k1 }, { name: b, key: k1 }]' },
      ['rotato.yaml:1: clients[1].key: found the same key as clients[0]; allowed: each key once'],
    ],
    [
      'an origin that means all',
      { file: 'cors: ["*"]' },
      [
        'rotato.yaml:1: cors[0]: found "*"; allowed: an exact origin such as https://app.example, with neither path nor "*"',
      ],
    ],
    [
      'an origin with a path',
      { file: 'cors: ["https://app.example/"]' },
      [
        'rotato.yaml:1: cors[0]: found "https://app.example/"; allowed: an exact origin such as https://app.example, with neither path nor "*"',
      ],
    ],
    [
      'a bot token that is none, not shown',
      { file: 'telegram: { token: hunter2 }' },
      [
        'rotato.yaml:1: telegram.token: found a text of 7 characters (not shown); allowed: a bot token as BotFather gives it; read it from the environment with ${NAME}',
      ],
    ],
    [
      'user ids that are names',
      { file: 'telegram: { token: "1:a", admins: ["@me"] }' },
      ['rotato.yaml:1: telegram.admins[0]: found "@me"; allowed: a whole number from 1 to 9007199254740991'],
    ],
    [
      'a setting found twice',
      { file: 'access: open\naccess: keys' },
      ['rotato.yaml:2: access: found twice; allowed: each setting once'],
    ],
    [
      'an unclosed quote',
      { file: 'listen:\n  host: "127' },
      [
        'rotato.yaml:2: syntax error; something is missing here, such as a closing quote, bracket, comma, or the space after ":"',
      ],
    ],
    ['a tab', { file: 'listen:\n\tport: 1' }, ['rotato.yaml:2: syntax error; indent with spaces, not tabs']],
    [
      'an alias of nothing',
      { file: 'cors: [*]' },
      [
        'rotato.yaml:1: syntax error; this alias (*name) has no anchor (&name) before it; put a text that begins with * in quotes',
      ],
    ],
    [
      'a text alone',
      { file: 'hello' },
      ['rotato.yaml:1: found something else than settings; allowed: settings by name, such as "providers:"'],
    ],
    [
      'a flag',
      { flags: { port: '70000' } },
      ['command line: --port: found "70000"; allowed: a whole number from 0 to 65535'],
    ],
    [
      'a variable',
      { env: { ROTATO_PORT: 'abc' } },
      ['environment: ROTATO_PORT: found "abc"; allowed: a whole number from 0 to 65535'],
    ],
    [
      'a line of .env',
      { dotEnv: '# port\nPORT=abc' },
      ['.env:2: PORT: found "abc"; allowed: a whole number from 0 to 65535'],
    ],
    [
      'a log level',
      { env: { ROTATO_LOG_LEVEL: 'verbose' } },
      ['environment: ROTATO_LOG_LEVEL: found "verbose"; allowed: debug, info, warn, error'],
    ],
    [
      'a placeholder for the admin password',
      { env: { ADMIN_PASSWORD: 'changeme' } },
      [
        'environment: ADMIN_PASSWORD: found a text of 8 characters (not shown); allowed: a secret of your own, neither blank nor a placeholder such as "changeme"',
      ],
    ],
    [
      'a blank admin password',
      { env: { ROTATO_ADMIN_PASSWORD: ' ' } },
      [
        'environment: ROTATO_ADMIN_PASSWORD: found a text of 1 characters (not shown); allowed: a secret of your own, neither blank nor a placeholder such as "changeme"',
      ],
    ],
    [
      'a master key that is a pass phrase',
      { env: { ROTATO_MASTER_KEY: 'correct horse' } },
      [
        'environment: ROTATO_MASTER_KEY: found a text of 13 characters (not shown); allowed: 32 bytes in base64, as "openssl rand -base64 32" prints them',
      ],
    ],
    [
      'a blank master key',
      { dotEnv: 'ROTATO_MASTER_KEY=' },
      [
        '.env:1: ROTATO_MASTER_KEY: found an empty text; allowed: 32 bytes in base64, as "openssl rand -base64 32" prints them',
      ],
    ],
    [
      'two master keys',
      { env: { ROTATO_MASTER_KEY: 'A'.repeat(43), ROTATO_MASTER_KEY_FILE: 'key' } },
      ['environment: ROTATO_MASTER_KEY_FILE: set together with ROTATO_MASTER_KEY; allowed: one of the two'],
    ],
    [
      'an old-style key with a space',
      { dotEnv: 'OPENAI_A_API_KEYS=sk-1,sk 2' },
      [`.env:1: OPENAI_A_API_KEYS, entry 2: found a text of 4 characters (not shown); allowed: ${KEY_TEXT}`],
    ],
    [
      'an old-style base URL',
      { dotEnv: 'OPENAI_A_API_KEYS=sk-1\nOPENAI_A_BASE_URL=here' },
      ['.env:2: OPENAI_A_BASE_URL: found "here"; allowed: an http or https URL such as https://api.openai.com/v1'],
    ],
    [
      'an old-style name we serve',
      { env: { OPENAI_ADMIN_API_KEYS: 'sk-1' } },
      [
        'environment: OPENAI_ADMIN_API_KEYS: names a provider that cannot be called so; allowed: any name but admin, v1, healthz, readyz, metrics, which rotato serves itself',
      ],
    ],
    [
      'one old-style name of two types',
      { dotEnv: 'OPENAI_A_API_KEYS=1\nGEMINI_A_API_KEYS=2' },
      [
        '.env:2: GEMINI_A_API_KEYS: names the same provider as OPENAI_A_API_KEYS; allowed: each provider name once; rename one of them',
      ],
    ],
    [
      'old-style status codes',
      { dotEnv: 'OPENAI_A_API_KEYS=1\nDEFAULT_STATUS_CODES=429,often' },
      [
        '.env:2: DEFAULT_STATUS_CODES: found a list; allowed: a list of statuses from 400 to 599, each 500, "500-503", "500+" (above) or "500=+" (and above); "often" is not a status; write 500, 500-503, 500+ or 500=+',
      ],
    ],
    [
      'listening for others without any secret',
      { flags: { host: '0.0.0.0' } },
      [
        'command line: --host: found listen address 0.0.0.0, which others can reach; missing is a client key ("clients:" in the configuration file) or an admin password (ROTATO_ADMIN_PASSWORD); without either listen on 127.0.0.1',
      ],
    ],
    [
      'being open to others',
      { file: 'listen: { host: "::" }\naccess: open', env: { ADMIN_PASSWORD: 'correct horse' } },
      [
        'rotato.yaml:2: access: found listen address ::, which others can reach, at access "open"; allowed: access "keys", because "open" would let all of them spend your keys',
      ],
    ],
  ];

  it.each(cases)('%s', (_, given, problems) => {
    expect(problemsOf(given)).toEqual(problems);
  });
});

describe('all mistakes together', () => {
  it('are told at once, in the order of the file', () => {
    const file = [
      'listen: { prot: 1 }',
      'providers:',
      '  openai:',
      '    strategy: fastest',
      '    keys:',
      '      - { key: "${MISSING}" }',
      '      - { key: same }',
      '      - { key: same, weight: -1 }',
      '  metrics: { wire: openai }',
      'cors: [app.example]',
    ].join('\n');
    const places = problemsOf({ file, env: { ROTATO_LOG_LEVEL: 'loud' }, flags: { port: 'x' } }).map((line) =>
      line.split(': ').slice(0, 2),
    );
    expect(places).toEqual([
      ['rotato.yaml:1', 'listen.prot'],
      ['rotato.yaml:4', 'providers.openai.strategy'],
      ['rotato.yaml:6', 'providers.openai.keys[0].key'],
      ['rotato.yaml:8', 'providers.openai.keys[2].weight'],
      ['rotato.yaml:8', 'providers.openai.keys[2].key'],
      ['rotato.yaml:9', 'providers.metrics'],
      ['rotato.yaml:9', 'providers.metrics.baseUrl'],
      ['rotato.yaml:10', 'cors[0]'],
      ['command line', '--port'],
      ['environment', 'ROTATO_LOG_LEVEL'],
    ]);
  });

  it('are cut at 50, and counted', () => {
    const file = `cors: [${Array.from({ length: 60 }, (_, at) => `o${at}`).join(', ')}]`;
    const lines = problemsOf({ file });
    expect(lines).toHaveLength(51);
    expect(lines.at(-1)).toBe('… and 10 more');
  });
});

describe('a secret in the wrong place is not printed', () => {
  const secret = 'sk-canary0123456789abcdef';
  it.each([
    ['as a name', `${secret}: 1`],
    ['as a provider', `providers: { ${secret}: {} }`],
    ['as a strategy', `providers: { openai: { strategy: ${secret} } }`],
    [
      'as a label that is too long',
      `providers: { openai: { keys: [{ key: a, label: "${secret}${secret}${secret}" }] } }`,
    ],
    ['in a broken line', `key ${secret}\nfoo: 1`],
    ['as an unresolved alias', `a: *${secret}`],
    ['as a tag', `a: !${secret} b`],
    ['as a host', `listen: { host: "${secret}/" }`],
    ['twice as a name', `${secret}: 1\n${secret}: 2`],
    ['as a user name', `providers: { openai: { baseUrl: "https://${secret}@a.example" } }`],
  ])('%s', (_, file) => {
    const lines = problemsOf({ file });
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.join()).not.toContain(secret.slice(0, 12));
  });
});

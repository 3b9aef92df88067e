import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeTerminal } from '../../test/support/fake-terminal.ts';
import { openOperator } from '../../test/support/operator-bench.ts';
import type { Config } from '../config/config.ts';
import type { LocalOperator } from '../control/local-operator.ts';
import type { PasswordActs } from '../control/operator.ts';
import { RotatoError } from '../errors.ts';
import { Secret } from '../model/secret.ts';
import type { RunDemo } from './demo.ts';
import { runProgram } from './program.ts';
import type { RunningRotato, StartRotato } from './running-rotato.ts';
import type { SimulateFlags } from './simulate.ts';

let folder: string;
let terminal: FakeTerminal;
let started: Config[];
let applied: Config[];
let firstPassword: Secret | null;
let closed: ({ drainMs?: number } | undefined)[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rotato-cli-'));
  terminal = new FakeTerminal(folder);
  started = [];
  applied = [];
  closed = [];
  firstPassword = null;
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const fakeRotato: StartRotato = async ({ config, protect }) => {
  started.push(config);
  const { operator } = await openOperator({ config });
  const tellSecrets = ({ providers }: Config) => protect?.(providers.flatMap(({ keys }) => keys.map(({ key }) => key)));
  tellSecrets(config);
  const running: RunningRotato = {
    url: 'http://127.0.0.1:8990',
    operator: { ...operatorParts(operator), password },
    apply(next) {
      tellSecrets(next);
      applied.push(next);
    },
    close: async (options) => void closed.push(options),
  };
  return running;
};

function operatorParts({ providers, clients, settings }: LocalOperator) {
  return { providers, clients, settings };
}

/** Hashing one is slow on purpose. */
const password: PasswordActs = {
  generate: async () => firstPassword,
  verify: async () => false,
  change: async () => {},
};

interface Others {
  readonly startRotato?: StartRotato;
  readonly runDemo?: RunDemo;
  readonly simulated?: SimulateFlags[];
}

function run(
  words: string,
  { startRotato = fakeRotato, runDemo = async () => ({ passed: true }), simulated = [] }: Others = {},
) {
  return runProgram(words === '' ? [] : words.split(' '), {
    version: '1.2.3',
    terminal,
    startRotato,
    runDemo,
    simulate: {
      defaults: { port: 8991, keys: 3, rpm: 20 },
      async start(flags) {
        simulated.push(flags);
        return { describe: (json) => (json ? '{}' : 'a configuration'), close: async () => void closed.push({}) };
      },
    },
  });
}

/** Runs until it says that it listens, and then until the signal has been heeded. */
async function runAndStop(words = '', whileRunning: () => void | Promise<void> = () => {}): Promise<number> {
  const running = run(words);
  while (terminal.out === '' && terminal.err === '') await new Promise((resolve) => setImmediate(resolve));
  await whileRunning();
  terminal.signals.emit('SIGTERM');
  return running;
}

describe('usage', () => {
  it.each([
    '--help',
    '-h',
    'help',
    'start --help',
    'demo --help',
    'simulate --help',
    'help simulate',
    'password --help',
    'rekey --help',
  ])('%s is help, on stdout', async (words) => {
    expect(await run(words)).toBe(0);
    expect(terminal.out).toMatch(/^Usage: rotato/);
    expect(terminal.err).toBe('');
  });

  it('names every command, and begins with examples', async () => {
    await run('--help');
    for (const word of [
      'start',
      'demo',
      'simulate',
      'password',
      'rekey',
      'Examples:',
      'Exit codes: 0 ok, 1 failed, 2 wrong usage or configuration',
    ]) {
      expect(terminal.out).toContain(word);
    }
  });

  it.each(['--version', '-v'])('%s is the version alone', async (words) => {
    expect(await run(words)).toBe(0);
    expect(terminal.out).toBe('1.2.3\n');
  });

  it.each([
    ['sart', "error: unknown command 'sart'\n(Did you mean start?)\n"],
    ['dmeo', "error: unknown command 'dmeo'\n(Did you mean demo?)\n"],
    ['start --prot 1', "error: unknown option '--prot'\n(Did you mean --port?)\n"],
    ['--prot 1', "error: unknown option '--prot'\n(Did you mean --port?)\n"],
    ['start --port', "error: option '--port <port>' argument missing\n"],
    ['start now', "error: too many arguments for 'start'. Expected 0 arguments but got 1: now.\n"],
    ['simulate --kyes 3', "error: unknown option '--kyes'\n(Did you mean --keys?)\n"],
  ])('%s is wrong', async (words, message) => {
    expect(await run(words)).toBe(2);
    expect([terminal.out, terminal.err]).toEqual(['', message]);
    expect(started).toEqual([]);
  });

  it('of a credential as an argument is not repeated', async () => {
    expect(await run('start sk-proj-abcdefghijklmnop')).toBe(2);
    expect(terminal.err).not.toContain('abcdefgh');
  });
});

describe('start', () => {
  it.each(['', 'start'])('is what "%s" does, until it is told to stop', async (words) => {
    expect(await runAndStop(words)).toBe(0);
    expect(terminal.out).toMatch(/^rotato 1\.2\.3 listening on http:\/\/127\.0\.0\.1:8990\n/);
    expect(closed).toEqual([undefined]);
  });

  it('takes its flags with and without its name', async () => {
    await runAndStop('--port 0 --host 127.0.0.2 --data here');
    expect(started[0]).toMatchObject({ listen: { addresses: ['127.0.0.2'], port: 0 }, dataDir: join(folder, 'here') });
  });

  it('without any provider says how to begin', async () => {
    await runAndStop();
    expect(
      terminal.out,
    ).toContain(`No provider is configured yet. Add one in the panel, or write this into rotato.yaml in this folder; it is read as soon
as it is saved:

  providers:
    openai:
      keys:
        - key: "\${OPENAI_API_KEY}"     # read from the environment, or from .env in this folder
                                        # one such line for each key you have

Then let your code call http://127.0.0.1:8990/openai instead of https://api.openai.com/v1.
To see it work without any key: rotato demo
`);
  });

  it('lists the base URLs to paste, and who may call', async () => {
    const file = `
clients: [{ name: my-app, key: abcdefgh }]
providers:
  openai: { keys: [{ key: sk-a }, { key: sk-b, enabled: false }] }
  ollama:
  my-azure: { preset: azure, enabled: false, keys: [{ key: a, baseUrl: "https://one.example" }] }
`;
    writeFileSync(join(folder, 'rotato.yaml'), file);
    await runAndStop();
    expect(terminal.out.split('\n').slice(1)).toEqual([
      `Settings from ${folder}/rotato.yaml, data in ${folder}/.rotato`,
      'Panel: http://127.0.0.1:8990/admin',
      '',
      'Base URLs for your code:',
      '  openai    http://127.0.0.1:8990/openai    https://api.openai.com/v1, 2 keys, 1 enabled',
      '  ollama    http://127.0.0.1:8990/ollama    http://localhost:11434/v1, no key needed',
      '  my-azure  http://127.0.0.1:8990/my-azure  https://one.example, 1 key, disabled',
      '',
      'Callers present a client key as their API key (my-app).',
      '',
    ]);
  });

  it('shows the first admin password once, beside the panel where it is asked for', async () => {
    firstPassword = new Secret('k3mxp-9vtqd-h7wfa-c2rjn');
    await runAndStop();
    expect(terminal.out).toContain('Panel: http://127.0.0.1:8990/admin\n');
    expect(terminal.out.match(/k3mxp-9vtqd-h7wfa-c2rjn/g)).toHaveLength(1);
  });

  it('logs what is probably not meant', async () => {
    writeFileSync(join(folder, 'rotato.yaml'), 'providers: { openai: }');
    await runAndStop();
    expect(terminal.err).toContain('Provider openai has no keys, so it answers 503 until it has one.');
  });

  it('reloads on SIGHUP', async () => {
    await runAndStop('', () => {
      writeFileSync(join(folder, 'rotato.yaml'), 'limits: { drain: 1s }\nproviders: { ollama: }');
      terminal.signals.emit('SIGHUP');
    });
    expect(applied.map(({ providers }) => providers.map(({ name }) => name))).toEqual([['ollama']]);
  });

  it('hides the secrets of the configuration in force, also after a reload', async () => {
    writeFileSync(join(folder, 'rotato.yaml'), 'providers: { openai: { keys: [{ key: first-canary-secret }] } }');
    await runAndStop('', () => {
      terminal.signals.emit('uncaughtException', new Error('at first-canary-secret'));
      writeFileSync(join(folder, 'rotato.yaml'), 'providers: { openai: { keys: [{ key: other-canary-secret }] } }');
      terminal.signals.emit('SIGHUP');
      terminal.signals.emit('unhandledRejection', new Error('at other-canary-secret'));
    });
    expect(terminal.err).toContain('Internal error; please report it');
    expect(terminal.err).not.toContain('canary');
  });

  it('waits at a signal until what is running is finished', async () => {
    const { promise: drained, resolve: finishDraining } = Promise.withResolvers<void>();
    const running = run('', {
      startRotato: async (options) => ({ ...(await fakeRotato(options)), close: () => drained }),
    });
    while (terminal.out === '') await new Promise((resolve) => setImmediate(resolve));
    terminal.signals.emit('SIGINT');
    expect(terminal.exits).toEqual([]);
    finishDraining();
    expect(await running).toBe(0);
  });

  it('leaves no listener behind', async () => {
    await runAndStop();
    expect(terminal.signals.eventNames()).toEqual([]);
  });
});

describe('a start that fails', () => {
  it('over the configuration tells all of it and exits 2', async () => {
    writeFileSync(join(folder, 'rotato.yaml'), 'listen: { prot: 1 }\nprovders: {}');
    expect(await run('start --port x')).toBe(2);
    expect([terminal.out, started]).toEqual(['', []]);
    expect(terminal.err.split('\n')).toEqual([
      'rotato: The configuration has 3 problems:',
      '  rotato.yaml:1: listen.prot: unknown setting; allowed: host, port, hosts. Did you mean "port"?',
      '  rotato.yaml:2: provders: unknown setting; allowed: listen, access, clients, defaults, providers, cors, telegram, replyHeaders, limits, log, prices. Did you mean "providers"?',
      '  command line: --port: found "x"; allowed: a whole number from 0 to 65535',
      '',
    ]);
  });

  it('because others could reach it and no secret is set exits 2 and says what is missing', async () => {
    expect(await run('--host 0.0.0.0')).toBe(2);
    expect(terminal.err).toContain(
      'missing is a client key ("clients:" in the configuration file) or an admin password (ROTATO_ADMIN_PASSWORD)',
    );
  });

  it('over a taken port names it and the next free one, and exits 1', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as AddressInfo;
    const error = Object.assign(new Error('listen EADDRINUSE'), { code: 'EADDRINUSE', address: '127.0.0.1', port });
    const exitCode = await run(`--host 127.0.0.1 --port ${port}`, { startRotato: () => Promise.reject(error) });
    await new Promise((resolve) => taken.close(resolve));
    expect(exitCode).toBe(1);
    const free = Number(/use --port (\d+)/.exec(terminal.err)?.[1]);
    expect(terminal.err).toBe(
      `rotato: Port ${port} on 127.0.0.1 is taken. The next free one is ${free}: use --port ${free}\n`,
    );
    expect(free).toBeGreaterThan(port);
  });

  it.each([
    ['EACCES', 1, 'Port 80 is not allowed to this user. Choose one above 1023 with --port.'],
    ['EADDRNOTAVAIL', 2, 'This machine has no address 127.0.0.1 and ::1. Choose one with --host.'],
  ])('with %s exits %d', async (code, exitCode, message) => {
    const startRotato = () => Promise.reject(Object.assign(new Error(code), { code }));
    expect(await run('--port 80', { startRotato })).toBe(exitCode);
    expect(terminal.err).toBe(`rotato: ${message}\n`);
  });

  it('over a disk that refuses says so, and exits 1', async () => {
    const startRotato = () => Promise.reject(new RotatoError('store-unavailable', 'The disk is full.'));
    expect(await run('', { startRotato })).toBe(1);
    expect(terminal.err).toBe('rotato: The disk is full.\n');
  });

  it('over a bug of ours tells the whole story and exits 1', async () => {
    const startRotato = () => Promise.reject(new TypeError('no such thing', { cause: new Error('a cause') }));
    expect(await run('', { startRotato })).toBe(1);
    expect(terminal.err).toMatch(
      /^rotato: Internal error; please report it\.\nTypeError: no such thing\n {4}at .*\ncaused by: Error: a cause\n/s,
    );
  });
});

describe('demo', () => {
  it("runs rotato on a free port with a data directory of its own, and nothing of the operator's", async () => {
    writeFileSync(join(folder, 'rotato.yaml'), 'this is not even a configuration');
    terminal.env.ROTATO_PORT = '1';
    const runDemo: RunDemo = async ({ startRotato, out, json }) => {
      const clock = { now: () => 0, wallNow: () => 0, setTimer: () => ({ cancel() {} }) };
      const rotato = await startRotato({
        clock,
        random: { next: () => 0 },
        providers: { openai: { keys: [{ key: 'k' }] } },
      });
      await rotato.close();
      out.write(json ? '{}' : 'a table');
      return { passed: true };
    };
    expect(await run('demo', { runDemo })).toBe(0);
    expect(terminal.out).toBe('a table');
    expect(started).toMatchObject([{ listen: { addresses: ['127.0.0.1'], port: 0 }, providers: [{ name: 'openai' }] }]);
    expect(started[0]?.dataDir.startsWith(folder)).toBe(false);
    expect(await run('demo --json', { runDemo })).toBe(0);
    expect(terminal.out).toBe('a table{}');
  });

  it('gives every rotato it starts a fresh data directory, so that no row remembers another', async () => {
    const runDemo: RunDemo = async ({ startRotato }) => {
      const clock = { now: () => 0, wallNow: () => 0, setTimer: () => ({ cancel() {} }) };
      for (let row = 0; row < 3; row++) {
        await startRotato({ clock, random: { next: () => 0 }, providers: { openai: { keys: [{ key: 'k' }] } } });
      }
      return { passed: true };
    };
    await run('demo', { runDemo });
    expect(new Set(started.map(({ dataDir }) => dataDir)).size).toBe(3);
  });

  it('exits 1 when it did not go as it should', async () => {
    expect(await run('demo', { runDemo: async () => ({ passed: false }) })).toBe(1);
  });
});

describe('simulate', () => {
  it('hands its flags on, prints what the simulator says, and stops on a signal', async () => {
    const simulated: SimulateFlags[] = [];
    const running = run('simulate --keys 5 --group-size 2 --headers none', { simulated });
    while (terminal.out === '') await new Promise((resolve) => setImmediate(resolve));
    terminal.signals.emit('SIGTERM');
    expect(await running).toBe(0);
    expect(simulated).toEqual([{ keys: '5', groupSize: '2', headers: 'none' }]);
    expect([terminal.out, closed.length]).toEqual(['a configuration', 1]);
  });
});

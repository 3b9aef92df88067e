import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { startSimulatedProvider } from '../src/simulator/simulated-provider.ts';
import { AdminClient } from '../test/support/admin-client.ts';
import { launchBrowser } from '../test/support/browser.ts';
import { builtPanel } from '../test/support/panel-build.ts';
import { startTestRotato } from '../test/support/running-rotato.ts';

/**
 * Pictures of every page of the panel for the documentation: `docs/screenshots/{page}-{light,dark,phone}.png`. What
 * they show is a rotato at work before simulated providers, on real time.
 */
const FOLDER = fileURLToPath(new URL('../docs/screenshots', import.meta.url));
const PATIENCE_MS = 60_000;
const MOST_BYTES = 3 * 1024 ** 2;

const LOOKS = [
  { name: 'light', colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  { name: 'dark', colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
  { name: 'phone', colorScheme: 'light', viewport: { width: 390, height: 844 } },
] as const;

interface Shot {
  readonly name: string;
  /** Below /admin. */
  readonly path: string;
  /** Resolves once everything that belongs into the picture is there. */
  readonly ready: (page: Page) => Promise<unknown>;
}

const SHOTS: readonly Shot[] = [
  { name: 'overview', path: '', ready: (page) => page.getByRole('meter').nth(2).waitFor() },
  { name: 'providers', path: '/providers', ready: (page) => page.getByRole('link', { name: 'openai' }).waitFor() },
  { name: 'provider', path: '/providers/openai', ready: (page) => page.getByRole('meter').nth(2).waitFor() },
  {
    name: 'connect',
    path: '/providers/openai?tab=connect',
    ready: (page) => page.getByText(/One of the \d+ that openai lists/).waitFor(),
  },
  {
    name: 'add-keys',
    path: '/providers/openai?add=keys',
    ready: (page) =>
      page.getByRole('textbox', { name: 'Keys' }).fill('team-d: sk-example-d-4f1c\nOPENAI_API_KEY="sk-example-e-90ab"'),
  },
  {
    name: 'clients',
    path: '/clients',
    ready: (page) => page.getByRole('table', { name: 'Clients' }).getByText('my-app').waitFor(),
  },
  { name: 'playground', path: '/playground', ready: chat },
  {
    name: 'settings',
    path: '/settings',
    ready: (page) => page.getByRole('button', { name: 'Change password' }).waitFor(),
  },
  { name: 'welcome', path: '/welcome', ready: (page) => page.getByRole('list', { name: 'Vendors' }).waitFor() },
];

async function chat(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Write a haiku about waiting.' }).click();
  await page
    .getByRole('list', { name: 'What happened to the request' })
    .getByText(/200 answered/)
    .waitFor();
}

await using opened = new AsyncDisposableStack();
const limit = (rpm: number, tpm: number) => [{ model: '*', rpm, tpm, window: 'refill' as const }];
const openai = opened.use(
  await startSimulatedProvider({
    groups: [
      { name: 'org-a', keys: ['sk-sim-openai-a1-7c31', 'sk-sim-openai-a2-b09e'], limits: limit(20, 40_000) },
      { name: 'org-b', keys: ['sk-sim-openai-b-55d2'], limits: limit(40, 80_000) },
      { name: 'org-c', keys: ['sk-sim-openai-c-e811'], limits: limit(20, 40_000) },
    ],
    models: ['gpt-4o', 'gpt-4o-mini', 'o4-mini', 'text-embedding-3-small'],
    latency: { kind: 'uniform', from: 60, to: 240 },
  }),
);
const groq = opened.use(
  await startSimulatedProvider({
    groups: [{ name: 'groq', keys: ['gsk_sim_first_19aa', 'gsk_sim_second_c402'], limits: limit(30, 12_000) }],
    models: ['llama-3.3-70b-versatile'],
    latency: { kind: 'uniform', from: 20, to: 80 },
  }),
);
const rotato = opened.use(await startTestRotato({}, { panelFolder: await builtPanel() }));
const password = await rotato.rotato.operator.password.generate();
const admin = await new AdminClient(rotato.url).signIn(password?.reveal() ?? '');
const clientKey = await fill();
const browser = await launchBrowser();
opened.defer(() => browser.close());
await rm(FOLDER, { recursive: true, force: true });
await mkdir(FOLDER, { recursive: true });
let bytes = 0;
for (const look of LOOKS) {
  await work(clientKey);
  await signIn(browser, look);
  for (const shot of SHOTS) bytes += await take(browser, look, shot);
}
console.log(`${LOOKS.length * (SHOTS.length + 1)} pictures, ${Math.ceil(bytes / 1024)} KB`);
if (bytes > MOST_BYTES) throw new Error(`The pictures have ${bytes} bytes; at most ${MOST_BYTES} are wanted.`);

/** Returns the key of a client. */
async function fill(): Promise<string> {
  const own = { allowPrivateAddress: true };
  await admin.call('POST /providers', {
    body: { name: 'openai', preset: 'openai', baseUrl: openai.baseUrls.openai, ...own },
  });
  const keys = openai.groups.flatMap(({ name, keys: members }) =>
    members.map((key, at) => ({ key, group: name, label: members.length === 1 ? name : `${name}-${at + 1}` })),
  );
  await admin.call('POST /providers/{id}/keys', { id: 'openai', body: { keys } });
  await admin.call('POST /providers', {
    body: { name: 'groq', preset: 'groq', baseUrl: groq.baseUrls.openai, ...own },
  });
  const text = groq.keys.map((key, at) => `groq-${at + 1}: ${key}`).join('\n');
  await admin.call('POST /providers/{id}/keys', { id: 'groq', body: { text } });
  await admin.call('POST /clients', { body: { name: 'nightly-batch', providers: ['groq'] } });
  return (await admin.call('POST /clients', { body: { name: 'my-app' } })).secret;
}

/** Enough calls that windows fill and one group has to rest. */
async function work(key: string): Promise<void> {
  const call = async (provider: string, model: string) => {
    const reply = await fetch(`${rotato.url}/${provider}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Say something about patience.' }] }),
    });
    await reply.arrayBuffer();
  };
  const secretOfC = openai.groups[2]?.keys[0];
  if (typeof secretOfC === 'string') {
    openai.inject({ fault: 'rate-limited', key: secretOfC, count: 1, retryAfterMs: 55_000 });
  }
  for (let round = 0; round < 8; round++) {
    const calls = Array.from({ length: 5 }, () => call('openai', 'gpt-4o'));
    await Promise.all([...calls, call('groq', 'llama-3.3-70b-versatile')]);
  }
}

async function signIn(from: Browser, look: (typeof LOOKS)[number]): Promise<void> {
  const context = await from.newContext({ ...contextOf(look) });
  const page = await context.newPage();
  await page.goto(`${rotato.url}/admin`);
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  bytes += await save(page, `sign-in-${look.name}`);
  await context.close();
}

async function take(from: Browser, look: (typeof LOOKS)[number], shot: Shot): Promise<number> {
  const context = await from.newContext(contextOf(look));
  context.setDefaultTimeout(PATIENCE_MS);
  const [name = '', value = ''] = (admin.credentials.cookie ?? '').split('=', 2);
  await context.addCookies([{ name, value, domain: '127.0.0.1', path: '/admin', httpOnly: true, sameSite: 'Strict' }]);
  const page = await context.newPage();
  await page.goto(`${rotato.url}/admin${shot.path}`);
  await shot.ready(page);
  const size = await save(page, `${shot.name}-${look.name}`);
  await context.close();
  return size;
}

function contextOf({ colorScheme, viewport }: (typeof LOOKS)[number]) {
  return { colorScheme, viewport, reducedMotion: 'reduce' as const };
}

async function save(page: Page, name: string): Promise<number> {
  const path = join(FOLDER, `${name}.png`);
  await page.screenshot({ path, animations: 'disabled', caret: 'hide' });
  return (await stat(path)).size;
}

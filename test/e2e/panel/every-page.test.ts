import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AdminBench } from '../../support/admin-bench.ts';
import { CANARY_KEYS, findLeaks } from '../../support/canary.ts';
import { HOSTILE_TEXTS } from '../../support/hostile-texts.ts';
import { builtPanel } from '../../support/panel-build.ts';
import { STORY_MS, seen, soon, visitPanels } from '../../support/panel-visits.ts';

const [FIRST, SECOND, THIRD] = CANARY_KEYS;

const visits = visitPanels();
let bench: AdminBench;

/** Every page and everything that opens over one, with something that shows when it is there. */
const PAGES: readonly (readonly [path: string, shows: (page: Page) => Promise<void>])[] = [
  ['', (page) => seen(page.getByRole('heading', { name: 'What happened' }))],
  ['/providers', (page) => seen(page.getByRole('link', { name: 'sim', exact: true }))],
  ['/providers?new=1', (page) => seen(page.getByRole('list', { name: 'Vendors' }))],
  ['/providers?new=custom', (page) => seen(page.getByRole('button', { name: 'Add provider' }))],
  ['/providers/sim', (page) => seen(page.getByRole('button', { name: 'first', exact: true }))],
  ['/providers/sim?add=keys', (page) => seen(page.getByRole('textbox', { name: 'Keys' }))],
  ['/providers/sim?tab=connect', (page) => seen(page.getByRole('tab', { name: 'curl', exact: true }))],
  ['/providers/sim?tab=settings', (page) => seen(page.getByLabel('Wait for room'))],
  ['/providers/sim?tab=models', (page) => seen(page.getByText('sim-large'))],
  ['/providers/nobody', (page) => seen(page.getByText('There is no provider called nobody'))],
  ['/clients', (page) => seen(page.getByText('my-app'))],
  ['/clients?new=1', (page) => seen(page.getByRole('dialog', { name: 'Create a client' }))],
  ['/playground', (page) => seen(page.getByRole('textbox', { name: 'Message' }))],
  ['/settings', (page) => seen(page.getByRole('button', { name: 'Change password' }))],
  ['/welcome', (page) => seen(page.getByRole('list', { name: 'Vendors' }))],
  ['/welcome?provider=sim', (page) => seen(page.getByRole('textbox', { name: 'Keys' }))],
  ['/welcome?provider=sim&step=call', (page) => seen(page.getByText('Waiting for your first call…'))],
  ['/no-such-page', (page) => seen(page.getByText('There is no such page'))],
];

beforeAll(async () => {
  const groups = [FIRST, SECOND, THIRD].map((key, at) => ({
    name: `org-${at}`,
    keys: [key],
    limits: [{ model: '*', rpm: 20 }],
  }));
  bench = await visits.start({ groups });
  await bench.addProvider('sim', [`first: ${FIRST}`, `second: ${SECOND}`, `third: ${THIRD}`], { strategy: 'ordered' });
  const { client } = await bench.admin.call('POST /clients', { body: { name: 'my-app' } });
  expect(client.name).toBe('my-app');
  await bench.admin.call('PATCH /settings', { body: { access: 'open' } });
  bench.simulator.inject({ fault: 'rate-limited', key: FIRST, count: 1, retryAfterMs: 600_000 });
  bench.simulator.inject({ fault: 'invalid-key', key: SECOND, count: 1 });
  for (let call = 0; call < 4; call++) await chat();
  const { items } = await bench.admin.call('GET /providers/{id}/keys', { id: 'sim' });
  expect(items.map(({ state }) => state.state)).toContain('rejected');
}, STORY_MS);

async function chat(): Promise<void> {
  const body = JSON.stringify({ model: 'sim-small', messages: [{ role: 'user', content: 'hi' }] });
  const headers = { 'content-type': 'application/json' };
  const reply = await fetch(`${bench.rotato.url}/sim/chat/completions`, { method: 'POST', headers, body });
  await reply.arrayBuffer();
}

interface AxeResults {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly target: unknown; readonly failureSummary?: string }[];
  }[];
}

/** Only colours differ between the themes, so the second one is asked for these alone. */
async function violationsOf(page: Page, rules: 'all' | 'colours' = 'all'): Promise<string[]> {
  const chosen = rules === 'all' ? '' : ', runOnly: ["color-contrast"]';
  const { violations } = await page.evaluate<AxeResults>(`axe.run(document, { resultTypes: ["violations"]${chosen} })`);
  return violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id} at ${String(node.target)}: ${node.failureSummary}`),
  );
}

describe.each(['light', 'dark'] as const)('every page, in %s', (colorScheme) => {
  it('can be used by everybody, and complains of nothing', { timeout: STORY_MS * 2 }, async () => {
    const page = await visits.open(bench, '', { colorScheme, reducedMotion: 'reduce', script: axe.source });
    const rules = colorScheme === 'light' ? 'all' : 'colours';
    const found: Record<string, string[]> = {};
    for (const [path, shows] of PAGES) {
      await page.goto(`${bench.rotato.url}/admin${path}`);
      await shows(page);
      const violations = await violationsOf(page, rules);
      if (violations.length > 0) found[path] = violations;
    }
    const out = await visits.open(bench, '', { as: null, colorScheme, reducedMotion: 'reduce', script: axe.source });
    await seen(out.getByRole('heading', { name: 'Sign in' }));
    const violations = await violationsOf(out, rules);
    if (violations.length > 0) found['sign in'] = violations;
    expect(found).toEqual({});
  });
});

describe('on a phone', () => {
  it('no page is wider than the screen, or out of reach', { timeout: STORY_MS }, async () => {
    const page = await visits.open(bench, '', {
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      script: axe.source,
      reducedMotion: 'reduce',
    });
    const wide: string[] = [];
    for (const [path, shows] of PAGES) {
      await page.goto(`${bench.rotato.url}/admin${path}`);
      await shows(page);
      const width = await page.evaluate<number>('document.documentElement.scrollWidth');
      if (width > 390) wide.push(`${path} is ${width} px wide`);
    }
    expect(wide).toEqual([]);
    await page.goto(`${bench.rotato.url}/admin/providers/sim`);
    await seen(page.getByRole('button', { name: 'first', exact: true }));
    expect(await violationsOf(page)).toEqual([]);
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Clients' }).click();
    await seen(page.getByRole('heading', { name: 'Clients' }));
  });
});

describe('what the panel holds', () => {
  it('is no key, nor a part of one, in any page, request, answer or storage', { timeout: STORY_MS }, async () => {
    const page = await visits.open(bench);
    const texts: string[] = [];
    const answers: Promise<void>[] = [];
    page.on('response', (response) => {
      if (response.url().includes('/events')) return;
      const read = response.text().then(
        (text) => void texts.push(text),
        () => undefined,
      );
      answers.push(read);
    });
    for (const [path, shows] of PAGES) {
      await page.goto(`${bench.rotato.url}/admin${path}`);
      await shows(page);
      texts.push(await page.content());
    }
    await page.goto(`${bench.rotato.url}/admin/providers/sim?add=keys`);
    await page.getByRole('textbox', { name: 'Keys' }).fill(`again: ${FIRST}`);
    await page.getByRole('button', { name: 'Add 1 key' }).click();
    await seen(page.getByText('1 double'));
    texts.push(await page.content());
    await Promise.all(answers);
    texts.push(JSON.stringify(await page.context().storageState()));
    expect(texts.length).toBeGreaterThan(PAGES.length);
    expect(findLeaks(texts.join('\n'), CANARY_KEYS)).toEqual([]);
  });
});

describe('hostile texts', () => {
  it('are shown as the texts they are, wherever a provider or an operator can put one', {
    timeout: STORY_MS,
  }, async () => {
    const own = await visits.start({ groups: [{ name: 'org-a', keys: [FIRST] }] });
    await own.addProvider('sim', [`first: ${FIRST}`]);
    const { items } = await own.admin.call('GET /providers/{id}/keys', { id: 'sim' });
    const id = items[0]?.id ?? '';
    const taken: string[] = [];
    for (const text of HOSTILE_TEXTS.filter((text) => text.length <= 200)) {
      const labelled = await own.admin.send('PATCH /keys/{id}', { id, body: { label: text } });
      const created = await own.admin.send('POST /clients', { body: { name: text } });
      expect([200, 422], labelled.text).toContain(labelled.status);
      if (created.status < 300) taken.push(text);
    }
    expect(taken).toContain('<script>alert(1)</script>');
    await own.admin.call('PATCH /settings', { body: { access: 'open' } });
    const payload = '"><img src=x onerror=alert(1)>';
    await own.admin.call('PATCH /keys/{id}', { id, body: { label: payload, group: payload } });

    const page = await visits.open(own, '/clients');
    const shown = async () => (await page.getByRole('table', { name: 'Clients' }).innerText()).replace(/\s+/g, ' ');
    await soon(shown).toContain('<script>alert(1)</script>');
    for (const text of taken) expect(await shown()).toContain(text.replace(/\s+/g, ' ').trim());
    await page.goto(`${own.rotato.url}/admin/providers/sim`);
    await seen(page.getByRole('button', { name: payload, exact: true }));
    await page.goto(`${own.rotato.url}/admin/providers/sim?q=${encodeURIComponent(payload)}`);
    await seen(page.getByText('1 of 1 keys').or(page.getByText('1 of 1 key')));
    await page.goto(`${own.rotato.url}/admin/providers/${encodeURIComponent('x"><svg onload=alert(1)>')}`);
    await soon(() => page.locator('body').innerText()).toMatch(/There is no provider called|no such file|not-found/);

    const message = '</textarea><script>alert(2)</script><svg/onload=alert(3)>';
    own.simulator.inject({ fault: 'bad-request', message });
    await page.goto(`${own.rotato.url}/admin/playground`);
    await page.getByRole('textbox', { name: 'Message' }).fill(payload);
    await page.keyboard.press('Enter');
    await seen(page.getByRole('alert').getByText(message));
    await seen(page.getByText(payload, { exact: true }));
    expect(await page.locator('img, svg[onload], script:not([src])').count()).toBe(0);
  });
});

describe('the bundle', () => {
  it('is at most 250 KB gzipped in all', async () => {
    const folder = join(await builtPanel(), 'assets');
    const shipped = readdirSync(folder).filter((name) => /\.(?:js|css)$/.test(name));
    const bytes = shipped.reduce((sum, name) => sum + gzipSync(readFileSync(join(folder, name))).length, 0);
    expect(shipped.length).toBeGreaterThan(5);
    expect(bytes).toBeLessThanOrEqual(250 * 1024);
    expect(statSync(join(folder, '..', 'index.html')).size).toBeLessThan(8 * 1024);
  });
});

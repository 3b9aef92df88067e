import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { AdminBench } from '../../support/admin-bench.ts';
import { AdminClient } from '../../support/admin-client.ts';
import { builtPanel } from '../../support/panel-build.ts';
import { gone, STORY_MS, seen, soon, visitPanels } from '../../support/panel-visits.ts';
import { startTestRotato } from '../../support/running-rotato.ts';

const ALPHA = 'sk-sim-alpha-11111111';

const visits = visitPanels();
let bench: AdminBench;

beforeAll(async () => {
  bench = await visits.start({ groups: [{ name: 'org-a', keys: [ALPHA] }], file: { limits: { retries: 4 } } });
  await bench.addProvider('sim', [`alpha: ${ALPHA}`]);
}, STORY_MS);

describe('settings', () => {
  it('say where they come from, and are changed or refused in their place', { timeout: STORY_MS }, async () => {
    const page = await visits.open(bench, '/settings');
    expect(await page.getByLabel('Retries after a fault').isDisabled()).toBe(true);
    await seen(page.getByText(/Decided by the configuration file/));

    const ceiling = page.getByLabel('Longest wait');
    await ceiling.fill('soon');
    await seen(page.getByRole('alert').getByText('A duration such as 250ms, 30s, 5m or 1h.'));
    await ceiling.fill('7m');
    await page.getByRole('button', { name: 'Save' }).click();
    await seen(page.getByText('Longest wait saved. It is in force.'));
    const shown = async () => {
      const { settings } = await bench.admin.call('GET /settings');
      return settings.find(({ name }) => name === 'limits.maxWaitCeiling');
    };
    expect(await shown()).toMatchObject({ value: '7m', source: { kind: 'store' } });
    await page.getByRole('button', { name: 'Back to the default' }).click();
    await soon(shown).toMatchObject({ source: { kind: 'default' } });

    const cors = page.getByLabel('Web pages that may call');
    await cors.fill('https://app.example/path');
    await page.getByRole('button', { name: 'Save' }).click();
    await soon(() => cors.getAttribute('aria-invalid')).toBe('true');
    expect(await cors.inputValue()).toBe('https://app.example/path');
    await page.getByRole('button', { name: 'Discard' }).click();

    const flag = page.getByRole('switch', { name: /Reply headers/ });
    const before = await flag.isChecked();
    await flag.click();
    await seen(page.getByText('Reply headers saved. It is in force.'));
    await soon(() => flag.isChecked()).toBe(!before);
  });

  it('have tokens that are shown once and revoked at once', { timeout: STORY_MS }, async () => {
    const page = await visits.open(bench, '/settings');
    await page.getByLabel('New token').fill('deploy');
    await page.getByRole('button', { name: 'Create token' }).click();
    const dialog = page.getByRole('dialog', { name: 'Token deploy' });
    const secret = await dialog.getByRole('textbox', { name: 'Admin token' }).inputValue();
    const script = new AdminClient(bench.rotato.url).withToken(secret);
    expect((await script.call('GET /providers')).items).toHaveLength(1);
    await dialog.getByRole('button', { name: 'I have copied it' }).click();
    await gone(dialog);
    expect(await page.content()).not.toContain(secret);
    await page.getByRole('button', { name: 'Revoke deploy' }).click();
    await page.getByRole('button', { name: 'Revoke token' }).click();
    await seen(page.getByText('Revoked deploy.'));
    expect(await script.refusal('GET /providers')).toMatchObject({ code: 'unauthorized' });
  });

  it('are exported for the password only, and imported after a look at what will happen', {
    timeout: STORY_MS,
  }, async () => {
    const page = await visits.open(bench, '/settings');
    await page.getByRole('button', { name: 'Export…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Export everything' });
    await dialog.getByLabel('Admin password, once more').fill('wrong');
    await dialog.getByRole('button', { name: 'Export' }).click();
    await seen(dialog.getByRole('alert'));
    await dialog.getByLabel('Admin password, once more').fill(bench.password);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      dialog.getByRole('button', { name: 'Export' }).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/^rotato-\d{4}-\d\d-\d\d\.json$/);
    const whole = await readFile(await download.path(), 'utf8');
    expect(whole).toContain(ALPHA);

    const empty = await visits.start();
    const there = await visits.open(empty, '/settings');
    const choose = (text: string) =>
      there
        .getByLabel('Import…')
        .setInputFiles({ name: 'x.json', mimeType: 'application/json', buffer: Buffer.from(text) });
    await choose(whole.slice(0, whole.length / 2));
    const refused = there.getByRole('dialog', { name: 'Nothing was imported' });
    await seen(refused.getByText(/not a whole export/));
    await refused.getByRole('button', { name: 'Close' }).last().click();
    await choose(whole.replace('"openai"', '"no such wire"'));
    await seen(refused.getByRole('list', { name: 'What is wrong' }));
    await refused.getByRole('button', { name: 'Close' }).last().click();
    await choose(whole);
    const outlook = there.getByRole('dialog', { name: 'Import x.json?' });
    await seen(outlook.getByText('Adds 1 provider: sim.'));
    expect((await empty.admin.call('GET /providers')).items).toEqual([]);
    await outlook.getByRole('button', { name: 'Import' }).click();
    await seen(there.getByText('Imported. It is in force.'));
    expect((await empty.admin.call('GET /providers')).items.map(({ name }) => name)).toEqual(['sim']);
  });
});

describe('a session', () => {
  it('that ends elsewhere leads to the sign-in and back to where one was', { timeout: STORY_MS }, async () => {
    const elsewhere = await new AdminClient(bench.rotato.url).signIn(bench.password);
    const page = await visits.open(bench, '/providers/sim?tab=settings', { as: elsewhere });
    await page.getByLabel('Wait for room').fill('12s');
    await elsewhere.call('DELETE /session');
    // The live line ends with its session, so nothing has to be pressed.
    await seen(page.getByText('Your session has ended. Sign in to go on where you were.'));
    expect(page.url()).toBe(`${bench.rotato.url}/admin/providers/sim?tab=settings`);
    const { origins } = await page.context().storageState();
    expect(JSON.stringify(origins)).not.toContain('alpha');
    await page.getByLabel('Admin password').fill(bench.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await seen(page.getByLabel('Wait for room'));
    expect(page.url()).toBe(`${bench.rotato.url}/admin/providers/sim?tab=settings`);
  });

  it('of every other browser ends when the password is changed; the page notices by itself', {
    timeout: STORY_MS,
  }, async () => {
    const own = await visits.start();
    const [mine, theirs] = [await visits.open(own, '/settings'), await visits.open(own, '/clients', { as: null })];
    await theirs.getByLabel('Admin password').fill(own.password);
    await theirs.getByRole('button', { name: 'Sign in' }).click();
    await seen(theirs.getByRole('heading', { name: 'Clients' }));
    await mine.getByLabel('Current password').fill('wrong');
    await mine.getByLabel('New password').fill('a longer password');
    await mine.getByRole('button', { name: 'Change password' }).click();
    await soon(() => mine.getByLabel('Current password').getAttribute('aria-invalid')).toBe('true');
    await mine.getByLabel('Current password').fill(own.password);
    await mine.getByRole('button', { name: 'Change password' }).click();
    await seen(mine.getByText('The password is changed. Other browsers are signed out.'));
    await seen(theirs.getByText('Your session has ended.'));
    await mine.reload();
    await seen(mine.getByLabel('Current password'));
    await theirs.getByLabel('Admin password').fill('a longer password');
    await theirs.getByRole('button', { name: 'Sign in' }).click();
    await seen(theirs.getByRole('heading', { name: 'Clients' }));
    await theirs.getByRole('button', { name: 'Sign out' }).click();
    await seen(theirs.getByText('To manage your providers and keys.'));
    const { origins } = await theirs.context().storageState();
    expect(origins.flatMap(({ localStorage }) => localStorage.map(({ name }) => name))).not.toContain(
      'rotato.remembered',
    );
  });
});

describe('the theme', () => {
  it('is light, dark or the system’s, and kept in this browser', { timeout: STORY_MS }, async () => {
    const page = await visits.open(bench, '/settings', { colorScheme: 'dark' });
    const theme = () => page.locator('html').getAttribute('data-theme');
    await soon(theme).toBe('dark');
    await page.emulateMedia({ colorScheme: 'light' });
    await soon(theme).toBe('light');
    await page.getByRole('radio', { name: 'Dark' }).check({ force: true });
    await soon(theme).toBe('dark');
    await page.reload();
    expect(await theme()).toBe('dark');
    await page.getByRole('button', { name: 'Theme: dark' }).click();
    await page.getByRole('menuitemradio', { name: 'As the system' }).click();
    await soon(theme).toBe('light');
  });
});

describe('from the keyboard', () => {
  it('everything is found, and pages are a key or two away', { timeout: STORY_MS }, async () => {
    const page = await visits.open(bench, '/');
    await seen(page.getByRole('heading', { name: 'Overview' }));
    const at = (path: string) => soon(() => new URL(page.url()).pathname).toBe(`/admin${path}`);
    await page.keyboard.press('g');
    await page.keyboard.press('p');
    await at('/providers');
    await page.keyboard.press('?');
    const list = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await seen(list.getByText('Go to Clients'));
    await page.keyboard.press('Escape');
    await gone(list);

    const find = async (text: string) => {
      await page.keyboard.press('Control+k');
      const palette = page.getByRole('dialog', { name: 'Find anything' });
      await palette.getByRole('combobox').fill(text);
      return palette;
    };
    const first = await find('alpha');
    await seen(first.getByRole('option', { name: /alpha/ }));
    await page.keyboard.press('Enter');
    await at('/providers/sim');
    expect(page.url()).toContain('q=alpha');
    await find('play');
    await page.keyboard.press('Enter');
    await at('/playground');
    const none = await find('no such thing');
    await seen(none.getByText('Nothing here is called “no such thing”.'));
    await none.getByRole('combobox').fill('dark');
    await page.keyboard.press('Enter');
    await soon(() => page.locator('html').getAttribute('data-theme')).toBe('dark');
  });
});

describe('the live line', () => {
  it('says that it broke when rotato goes away, greys what may be old, and is back by itself', {
    timeout: STORY_MS,
  }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rotato-panel-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const panelFolder = await builtPanel();
    const rotato = await startTestRotato({}, { folder, panelFolder });
    const password = (await rotato.rotato.operator.password.generate())?.reveal() ?? '';
    const admin = await new AdminClient(rotato.url).signIn(password);
    await admin.call('POST /providers', {
      body: { name: 'sim', wire: 'openai', baseUrl: `${bench.simulator.url}/v1` },
    });
    const page = await visits.open({ rotato, admin }, '/', { excuse: /net::ERR_/ });
    const state = page.getByRole('status').filter({ hasText: /^(?:connecting|live|reconnecting|not live)$/ });
    await soon(() => state.textContent()).toBe('live');
    await rotato.close();
    await soon(() => state.textContent()).toMatch(/^(?:reconnecting|not live)$/);
    await soon(() => page.locator('html').getAttribute('data-live')).toBe('stale');
    await seen(page.getByRole('link', { name: 'sim', exact: true }));
    await using _again = await startTestRotato({ listen: { port: rotato.port } }, { folder, panelFolder });
    await soon(() => state.textContent()).toBe('live');
    await soon(() => page.locator('html').getAttribute('data-live')).toBe('live');
  });
});

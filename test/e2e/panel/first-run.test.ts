import { beforeAll, describe, expect, it } from 'vitest';
import type { AdminBench } from '../../support/admin-bench.ts';
import { PATIENCE_MS, STORY_MS, seen, soon, visitPanels } from '../../support/panel-visits.ts';

const visits = visitPanels();
let bench: AdminBench;

beforeAll(async () => {
  bench = await visits.start({
    groups: [{ name: 'org-a', keys: ['sk-sim-first-key-1111', 'sk-sim-second-key-2222'] }],
  });
}, STORY_MS);

describe('the first run', () => {
  it('leads from the generated password to a first answer in three steps', { timeout: STORY_MS }, async () => {
    const { password, simulator } = bench;
    const page = await visits.open(bench, '', { as: null });
    await seen(page.getByRole('heading', { name: 'Sign in' }));
    expect(await page.title()).toBe('Sign in · rotato');
    await page.getByLabel('Admin password').fill('not the password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await seen(page.getByRole('alert'));
    await soon(() => page.getByRole('button', { name: 'Sign in' }).isVisible()).toBe(true);
    expect(await page.getByLabel('Admin password').inputValue()).toBe('not the password');
    await page.getByLabel('Admin password').fill(password);
    await page.getByLabel('Admin password').press('Enter');

    const step = page.getByRole('list', { name: 'Steps' }).locator('[aria-current=step]');
    await soon(() => page.url()).toBe(`${bench.rotato.url}/admin/welcome`);
    await soon(() => step.textContent()).toContain('1. Choose a provider');
    await page.getByRole('button', { name: /^Another/ }).click();
    await page.getByLabel('Name').fill('sim');
    await page.getByLabel('Base URL').fill(`${simulator.url}/v1`);
    await page.getByRole('switch', { name: /Allow a private address/ }).check();
    await page.getByRole('button', { name: 'Continue' }).click();

    await soon(() => step.textContent()).toContain('2. Add its keys');
    await page.getByLabel('Keys').fill('team-a: sk-sim-first-key-1111\nteam-b: sk-sim-not-a-key-0000');
    await page.getByRole('button', { name: 'Check and add 2 keys' }).click();
    const outcomes = page.getByRole('list', { name: 'What came of each key' });
    await soon(() => outcomes.innerText()).toContain('team-a …1111');
    await page.getByRole('button', { name: 'Continue' }).click();

    await soon(() => step.textContent()).toContain('3. Make a call');
    await seen(page.getByText('Waiting for your first call…'));
    await seen(page.getByText(`${bench.rotato.url}/sim`).first());
    await page.getByRole('button', { name: 'Send one for me' }).click();
    await page.getByText('Your first call was answered.').waitFor({ timeout: PATIENCE_MS });
    await seen(page.getByRole('heading', { name: 'It works' }));
    await soon(() => page.getByRole('region', { name: 'First call' }).innerText()).toContain('Sent with team-a');
    expect(simulator.counters.completed).toBeGreaterThan(0);

    await page.getByRole('link', { name: 'Go to the overview' }).click();
    await seen(page.getByRole('heading', { name: 'Overview' }));
    await seen(page.getByRole('link', { name: 'sim', exact: true }));
  });
});

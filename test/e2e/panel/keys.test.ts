import type { Locator, Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AdminBench } from '../../support/admin-bench.ts';
import { gone, STORY_MS, seen, soon, visitPanels } from '../../support/panel-visits.ts';

const ALPHA = 'sk-sim-alpha-11111111';
const BETA = 'sk-sim-beta-22222222';
const GAMMA = 'sk-sim-gamma-33333333';
const THREE = [`alpha: ${ALPHA}`, `beta: ${BETA}`, `gamma: ${GAMMA}`];

const visits = visitPanels();
let bench: AdminBench;

beforeAll(async () => {
  const groups = [ALPHA, BETA, GAMMA].map((key, at) => ({ name: `org-${at}`, keys: [key] }));
  bench = await visits.start({ groups });
}, STORY_MS);

/** One call as a program makes it; the key that served it, as the provider saw it. */
async function keyThatServes(provider: string): Promise<string | null | undefined> {
  const reply = await fetch(`${bench.rotato.url}/${provider}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'sim-small', messages: [{ role: 'user', content: 'hi' }] }),
  });
  expect(reply.status, await reply.text()).toBe(200);
  return bench.simulator.requests.last?.key;
}

async function labelsOf(provider: string): Promise<string[]> {
  const { items } = await bench.admin.call('GET /providers/{id}/keys', { id: provider });
  return items.filter(({ restorableUntil }) => restorableUntil === null).map(({ label }) => label);
}

async function stateOf(provider: string, label: string): Promise<string | undefined> {
  const { items } = await bench.admin.call('GET /providers/{id}/keys', { id: provider });
  return items.find((key) => key.label === label)?.state.state;
}

function rowOf(page: Page, label: string): Locator {
  const name = page.getByRole('button', { name: label, exact: true });
  return page.getByRole('grid', { name: 'Keys' }).locator('tbody tr').filter({ has: name });
}

async function chooseAct(page: Page, label: string, act: string | RegExp): Promise<void> {
  await page.getByRole('button', { name: `More for ${label}`, exact: true }).click();
  await page.getByRole('menuitem', { name: act }).click();
}

describe('keys that are pasted', () => {
  it('are taken in any shape, and what came of each is told', { timeout: STORY_MS }, async () => {
    await bench.addProvider('pasted', [], { preset: 'openai' });
    const page = await visits.open(bench, '/providers/pasted?add=keys');
    const text = [
      '# ours',
      `export OPENAI_API_KEY="${ALPHA}"`,
      `beta: '${BETA}',`,
      `- ${BETA}`,
      'sk-sim-nobody-99999999',
      'delta: has spaces in it',
    ].join('\n');
    await page.getByRole('textbox', { name: 'Keys' }).fill(text);
    await seen(page.getByText(/5 keys found, 1 of them twice, 1 that cannot be right/));
    await page.getByRole('button', { name: 'Add 5 keys' }).click();
    await seen(page.getByText('2 new, 1 double, 2 invalid'));
    const report = page.getByRole('list', { name: 'What came of each key' });
    expect(await report.getByRole('listitem').count()).toBe(5);
    expect(await report.innerText()).toContain('added; the provider knows it');
    expect(await report.innerText()).toContain('is there already');
    await page.getByRole('button', { name: 'Save anyway' }).click();
    await seen(page.getByText('3 new, 1 double, 1 invalid'));
    await page.getByRole('button', { name: 'Done' }).click();
    await gone(report);
    await seen(rowOf(page, 'beta'));
    expect(await labelsOf('pasted')).toHaveLength(3);
  });

  it('can come from a file, into one quota group, and the table says that they share it', {
    timeout: STORY_MS,
  }, async () => {
    await bench.addProvider('shared');
    const page = await visits.open(bench, '/providers/shared');
    await page.getByRole('button', { name: 'Add keys' }).first().click();
    const buffer = Buffer.from(
      JSON.stringify({
        keys: [
          { key: ALPHA, label: 'alpha' },
          { key: BETA, label: 'beta' },
        ],
      }),
    );
    await page.getByLabel('Choose a file').setInputFiles({ name: 'keys.json', mimeType: 'application/json', buffer });
    await page.getByLabel('Quota group').fill('org-x');
    await page.getByRole('button', { name: 'Add 2 keys' }).click();
    await seen(page.getByText('2 new', { exact: true }));
    await page.getByRole('button', { name: 'Done' }).click();
    await seen(page.getByText('These 2 keys share one quota (org-x): together they get no more through'));
    await page.getByRole('button', { name: 'Show them' }).click();
    await soon(() => page.url()).toContain('group=org-x');
    await seen(page.getByText('2 of 2 keys'));
  });
});

describe('the order of keys', () => {
  it('is the priority under ordered: by keyboard, pointer and menu', { timeout: STORY_MS }, async () => {
    await bench.addProvider('ranked', THREE, { strategy: 'ordered' });
    const page = await visits.open(bench, '/providers/ranked');
    await seen(page.getByText('The order is the priority'));
    expect(await keyThatServes('ranked')).toBe(ALPHA);

    await rowOf(page, 'alpha').focus();
    await page.keyboard.press('Alt+ArrowDown');
    await soon(() => page.getByRole('status').allInnerTexts()).toContain('alpha is now number 2 of 3.');
    expect(await labelsOf('ranked')).toEqual(['beta', 'alpha', 'gamma']);
    expect(await keyThatServes('ranked')).toBe(BETA);
    await page.keyboard.press('Alt+ArrowUp');
    await soon(() => labelsOf('ranked')).toEqual(['alpha', 'beta', 'gamma']);

    await dragOnto(page, 'gamma', 'alpha');
    await soon(() => labelsOf('ranked')).toEqual(['gamma', 'alpha', 'beta']);
    expect(await keyThatServes('ranked')).toBe(GAMMA);

    await chooseAct(page, 'beta', 'Use first');
    await soon(() => labelsOf('ranked')).toEqual(['beta', 'gamma', 'alpha']);
    expect(await keyThatServes('ranked')).toBe(BETA);
  });

  it('means nothing under round-robin until the first move offers that it does', { timeout: STORY_MS }, async () => {
    await bench.addProvider('turns', THREE);
    const page = await visits.open(bench, '/providers/turns');
    await seen(page.getByText('The order of the rows does not matter'));
    const question = page.getByRole('dialog', { name: 'Use keys in this order?' });
    await rowOf(page, 'gamma').focus();
    await page.keyboard.press('Alt+ArrowUp');
    await question.getByRole('button', { name: 'Leave as it is' }).click();
    await gone(question);
    expect(await labelsOf('turns')).toEqual(['alpha', 'beta', 'gamma']);

    await chooseAct(page, 'gamma', 'Use first');
    await question.getByRole('button', { name: 'Use keys in this order' }).click();
    await seen(page.getByText('The order is the priority'));
    expect(await labelsOf('turns')).toEqual(['gamma', 'alpha', 'beta']);
    expect(await keyThatServes('turns')).toBe(GAMMA);
    expect(await keyThatServes('turns')).toBe(GAMMA);
  });

  it('cannot be changed while the table is filtered or sorted', { timeout: STORY_MS }, async () => {
    await bench.addProvider('filtered', THREE, { strategy: 'ordered' });
    const page = await visits.open(bench, '/providers/filtered?q=a');
    await rowOf(page, 'beta').focus();
    await page.keyboard.press('Alt+ArrowUp');
    await page.getByRole('button', { name: 'More for beta' }).click();
    const move = page.getByRole('menuitem', { name: 'Move up' });
    expect(await move.getAttribute('aria-disabled')).toBe('true');
    await seen(page.getByText('Clear search, filters and sorting to change the order'));
    await page.keyboard.press('Escape');
    await dragOnto(page, 'beta', 'alpha');
    expect(await labelsOf('filtered')).toEqual(['alpha', 'beta', 'gamma']);
  });

  it('is changed by the menu on a phone', { timeout: STORY_MS }, async () => {
    await bench.addProvider('pocket', THREE, { strategy: 'ordered' });
    const page = await visits.open(bench, '/providers/pocket', { viewport: { width: 390, height: 844 } });
    await seen(page.getByText('Move a key by its menu.'));
    await chooseAct(page, 'gamma', 'Use first');
    await soon(() => labelsOf('pocket')).toEqual(['gamma', 'alpha', 'beta']);
    expect(await page.getByRole('grid').count()).toBe(0);
  });
});

/** With a pointer that moves as a hand does: dnd-kit takes a first short move as the sign that this is no click. */
async function dragOnto(page: Page, label: string, target: string): Promise<void> {
  const from = await rowOf(page, label).getByTestId('drag-handle').boundingBox();
  const to = await rowOf(page, target).boundingBox();
  if (from === null || to === null) throw new Error('Both rows have to be on the screen.');
  await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
  await page.mouse.down();
  await page.mouse.move(from.x + from.width / 2, from.y - 10, { steps: 4 });
  await page.mouse.move(to.x + 20, to.y + 6, { steps: 6 });
  await page.mouse.up();
}

describe('one key', () => {
  it('is tested, disabled, drained, edited, deleted and had back', { timeout: STORY_MS }, async () => {
    await bench.addProvider('acts', [...THREE.slice(0, 2), 'wrong: sk-sim-nobody-99999999'], { preset: 'openai' });
    const page = await visits.open(bench, '/providers/acts');
    const says = (text: string | RegExp) => seen(page.getByRole('region', { name: 'Notifications' }).getByText(text));
    const state = (label: string) => rowOf(page, label).locator('[data-state-name]').getAttribute('data-state-name');

    await chooseAct(page, 'alpha', 'Test');
    await says('alpha is valid.');
    await chooseAct(page, 'alpha', 'Disable');
    await says('Disabled alpha.');
    await soon(() => state('alpha')).toBe('disabled');
    expect(await stateOf('acts', 'alpha')).toBe('disabled');
    await page.getByRole('button', { name: 'Undo' }).click();
    await soon(() => state('alpha')).toBe('ready');
    await chooseAct(page, 'alpha', 'Drain');
    await soon(() => state('alpha')).toBe('draining');
    await chooseAct(page, 'alpha', 'Enable');
    await soon(() => stateOf('acts', 'alpha')).toBe('ready');

    await rowOf(page, 'beta').focus();
    await page.keyboard.press('Enter');
    await soon(() => page.url()).toContain('key=');
    const sheet = page.getByRole('dialog', { name: 'beta' });
    await sheet.getByLabel('Label').fill('alpha');
    await seen(sheet.getByRole('alert'));
    expect(await sheet.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
    await sheet.getByLabel('Label').fill('bravo');
    await sheet.getByLabel('Weight').fill('3');
    await sheet.getByRole('button', { name: 'Save' }).click();
    await says('Saved bravo.');
    await page.keyboard.press('Escape');
    await seen(rowOf(page, 'bravo'));

    await chooseAct(page, 'bravo', 'Delete');
    await says('Deleted bravo.');
    await gone(rowOf(page, 'bravo'));
    expect(await labelsOf('acts')).not.toContain('bravo');
    await page.keyboard.press('u');
    await soon(() => labelsOf('acts')).toContain('bravo');
    await seen(rowOf(page, 'bravo'));
  });

  it('that was refused rests with a count-down, and comes back by itself or when it is restored', {
    timeout: STORY_MS,
  }, async () => {
    await bench.addProvider('resting', THREE.slice(0, 2), { strategy: 'ordered' });
    const page = await visits.open(bench, '/providers/resting');
    const badge = rowOf(page, 'alpha').locator('[data-state-name]');
    await soon(() => badge.getAttribute('data-state-name')).toBe('ready');
    const refuse = (retryAfterMs: number) =>
      bench.simulator.inject({ fault: 'rate-limited', key: ALPHA, count: 1, retryAfterMs });

    refuse(8_000);
    expect(await keyThatServes('resting')).toBe(BETA);
    await soon(() => badge.getAttribute('data-state-name')).toBe('cooling');
    const left = async () => Number.parseFloat((await badge.getByRole('timer').first().innerText()) || '0');
    const first = await left();
    expect(first).toBeGreaterThan(0);
    await soon(left).toBeLessThan(first);
    await soon(() => badge.getAttribute('data-state-name')).toBe('ready');

    refuse(50_000);
    expect(await keyThatServes('resting')).toBe(BETA);
    await soon(() => badge.getAttribute('data-state-name')).toBe('cooling');
    await chooseAct(page, 'alpha', /^Restore/);
    await soon(() => badge.getAttribute('data-state-name')).toBe('ready');
    expect(await keyThatServes('resting')).toBe(ALPHA);
  });
});

describe('many keys', () => {
  it('are selected and acted on together, and found by what stands in the URL', { timeout: STORY_MS }, async () => {
    await bench.addProvider('several', THREE);
    const page = await visits.open(bench, '/providers/several');
    await page.getByRole('checkbox', { name: 'Select alpha' }).check();
    await page.getByRole('checkbox', { name: 'Select gamma' }).check();
    const bar = page.getByRole('toolbar', { name: 'Acts on 2 selected keys' });
    await bar.getByRole('button', { name: 'Disable' }).click();
    await soon(async () => [await stateOf('several', 'alpha'), await stateOf('several', 'gamma')]).toEqual([
      'disabled',
      'disabled',
    ]);
    expect(await stateOf('several', 'beta')).toBe('ready');
    await page.getByRole('button', { name: 'Undo' }).click();
    await soon(() => stateOf('several', 'gamma')).toBe('ready');
    await bar.getByRole('button', { name: 'Test' }).click();
    await seen(page.getByText('Tested 2 keys.'));
    await bar.getByRole('button', { name: 'Clear the selection' }).click();

    await page.keyboard.press('/');
    await page.keyboard.type('gam');
    await soon(() => page.url()).toContain('q=gam');
    await seen(page.getByText('1 of 3 keys'));
    await page.reload();
    await seen(page.getByText('1 of 3 keys'));
    expect(await rowOf(page, 'alpha').count()).toBe(0);
    await page.getByRole('searchbox', { name: 'Search keys' }).fill('nobody');
    await page.getByRole('button', { name: 'Show all keys' }).click();
    await seen(rowOf(page, 'alpha'));

    await page.getByRole('checkbox', { name: 'Select all keys shown' }).check();
    await page.getByRole('button', { name: 'Delete' }).click();
    await seen(page.getByText('No keys yet'));
    await page.getByRole('button', { name: 'Restore' }).click();
    await soon(() => labelsOf('several')).toHaveLength(3);
  });

  it('are a table of thousands of which only what can be seen is in the page', { timeout: STORY_MS }, async () => {
    await bench.addProvider('thousands');
    const keys = Array.from({ length: 3_000 }, (_, at) => ({ key: `sk-sim-bulk-key-${at}-x`, label: `bulk-${at}` }));
    await bench.admin.send('POST /providers/{id}/keys', { id: 'thousands', body: { keys, validate: false } });
    const page = await visits.open(bench, '/providers/thousands');
    const grid = page.getByRole('grid', { name: 'Keys' });
    await soon(() => grid.getAttribute('aria-rowcount')).toBe('3001');
    expect(await grid.locator('tbody tr').count()).toBeLessThan(100);
    await page.keyboard.press('End');
    await seen(rowOf(page, 'bulk-2999'));
    expect(await grid.locator('tbody tr').count()).toBeLessThan(100);
    await page.getByRole('searchbox', { name: 'Search keys' }).fill('bulk-1234');
    await seen(page.getByText('1 of 3000 keys').or(page.getByText('1 of 3,000 keys')));
    await bench.admin.call('DELETE /providers/{id}', { id: 'thousands' });
  });
});

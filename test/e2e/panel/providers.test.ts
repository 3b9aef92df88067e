import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AdminBench } from '../../support/admin-bench.ts';
import { gone, STORY_MS, seen, soon, visitPanels } from '../../support/panel-visits.ts';

const run = promisify(execFile);

const ALPHA = 'sk-sim-alpha-11111111';
const BETA = 'sk-sim-beta-22222222';

const visits = visitPanels();
let bench: AdminBench;

beforeAll(async () => {
  const groups = [ALPHA, BETA].map((key, at) => ({ name: `org-${at}`, keys: [key] }));
  bench = await visits.start({ groups });
}, STORY_MS);

async function statusOf(provider: string, of = bench): Promise<number> {
  const reply = await fetch(`${of.rotato.url}/${provider}/models`);
  await reply.arrayBuffer();
  return reply.status;
}

function notified(page: Page, text: string) {
  return seen(page.getByRole('region', { name: 'Notifications' }).getByText(text));
}

describe('a provider', () => {
  it('is created from a preset, and what is wrong is said beside it while what was typed stays', {
    timeout: STORY_MS,
  }, async () => {
    const page = await visits.open(bench, '/providers');
    await page.getByRole('button', { name: 'Add the first provider' }).click();
    await page.getByRole('searchbox', { name: 'Find a vendor' }).fill('openai');
    await page
      .getByRole('list', { name: 'Vendors' })
      .getByRole('button', { name: /^OpenAI / })
      .click();
    await soon(() => page.url()).toContain('new=openai');
    const sheet = page.getByRole('dialog', { name: 'Add OpenAI' });
    const name = sheet.getByLabel('Name');
    const url = sheet.getByLabel('Base URL');
    await soon(() => url.inputValue()).toBe('https://api.openai.com/v1');
    for (const [typed, said] of [
      ['admin', 'rotato serves /admin itself; choose another name.'],
      ['a/b', 'Letters, digits and . _ - ~ only'],
      ['__proto__', 'choose another name'],
      ['naïve💥', 'Letters, digits and . _ - ~ only'],
      ['', 'Give it a name'],
    ] as const) {
      await name.fill(typed);
      await seen(sheet.getByRole('alert').getByText(said));
      expect(await name.getAttribute('aria-invalid'), typed).toBe('true');
    }
    await name.fill('ours');
    for (const [typed, said] of [
      ['ftp://a.example/v1', 'It begins with https:// or http://'],
      ['https://me:secret@a.example/v1', 'Leave out the user name and password'],
      ['https://a.example/v1#x', 'Leave out the #'],
      ['https://a.example/v1/v1', 'The version stands in it twice.'],
      ['a.example', 'Write it whole'],
    ] as const) {
      await url.fill(typed);
      await seen(sheet.getByRole('alert').getByText(said));
    }
    await sheet.getByRole('button', { name: 'Add provider' }).click();
    expect(await url.inputValue()).toBe('a.example');
    expect((await bench.admin.call('GET /providers')).items).toEqual([]);

    // Somebody else takes the name before it is sent.
    await bench.addProvider('ours');
    await url.fill(`${bench.simulator.url}/v1`);
    await sheet.getByRole('switch', { name: /Allow a private address/ }).check();
    await sheet.getByRole('button', { name: 'Add provider' }).click();
    await soon(() => name.getAttribute('aria-invalid')).toBe('true');
    expect([await name.inputValue(), await url.inputValue()]).toEqual(['ours', `${bench.simulator.url}/v1`]);
    await name.fill('ours-2');
    await sheet.getByRole('button', { name: 'Add provider' }).click();
    await soon(() => page.url()).toBe(`${bench.rotato.url}/admin/providers/ours-2?add=keys`);
    await page.getByRole('textbox', { name: 'Keys' }).fill(ALPHA);
    await page.getByRole('button', { name: 'Add 1 key' }).click();
    await seen(page.getByText('1 new'));
    expect(await statusOf('ours-2')).toBe(200);
  });

  it('is created by hand, renamed, disabled and enabled', { timeout: STORY_MS }, async () => {
    const page = await visits.open(bench, '/providers?new=custom');
    const sheet = page.getByRole('dialog', { name: 'Add a provider by hand' });
    await sheet.getByLabel('Name').fill('by-hand');
    await sheet.getByLabel('Base URL').fill(`${bench.simulator.url}/v1`);
    await sheet.getByRole('switch', { name: /Allow a private address/ }).check();
    await sheet.getByRole('button', { name: 'Add provider' }).click();
    await page.getByRole('textbox', { name: 'Keys' }).fill(`alpha: ${ALPHA}`);
    await page.getByRole('button', { name: 'Add 1 key' }).click();
    await page.getByRole('button', { name: 'Done' }).click();
    expect(await statusOf('by-hand')).toBe(200);

    await page.getByRole('button', { name: 'More', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Rename…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Rename by-hand' });
    await dialog.getByLabel('Name').fill('metrics');
    await seen(dialog.getByRole('alert').getByText('rotato serves /metrics itself'));
    await dialog.getByLabel('Name').fill('renamed');
    await dialog.getByRole('button', { name: 'Rename' }).click();
    await soon(() => page.url()).toBe(`${bench.rotato.url}/admin/providers/renamed`);
    await seen(page.getByRole('heading', { name: 'renamed', exact: true }));
    expect([await statusOf('by-hand'), await statusOf('renamed')]).toEqual([404, 200]);

    await page.getByRole('button', { name: 'More', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Disable' }).click();
    await notified(page, 'renamed is out of service.');
    await seen(page.getByText('renamed is disabled: calls to it get 503.'));
    expect(await statusOf('renamed')).toBe(503);
    await page.getByRole('main').getByRole('button', { name: 'Enable' }).click();
    await notified(page, 'renamed is in service.');
    expect(await statusOf('renamed')).toBe(200);
  });

  it('is deleted after a question, out of service at once, and can be had back', { timeout: STORY_MS }, async () => {
    await bench.addProvider('doomed', [ALPHA]);
    const page = await visits.open(bench, '/providers/doomed');
    await page.getByRole('button', { name: 'More', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Delete…' }).click();
    await page.getByRole('dialog', { name: 'Delete doomed?' }).getByRole('button', { name: 'Delete provider' }).click();
    await soon(() => page.url()).toBe(`${bench.rotato.url}/admin/providers`);
    await notified(page, 'Deleted doomed.');
    expect(await statusOf('doomed')).toBe(404);
    const deleted = page.getByRole('region', { name: 'Deleted providers' });
    await seen(deleted.getByRole('timer'));
    await deleted.getByRole('button', { name: 'Restore' }).click();
    await notified(page, 'doomed is back.');
    await gone(deleted);
    expect(await statusOf('doomed')).toBe(200);
  });

  it('gives a curl command that works as it is pasted', { timeout: STORY_MS }, async () => {
    await bench.addProvider('snippets', [ALPHA]);
    const page = await visits.open(bench, '/providers/snippets?tab=connect');
    await seen(page.getByRole('tab', { name: 'curl', exact: true }));
    await seen(page.getByText('One of the 3 that snippets lists.'));
    const code = await page.getByRole('tabpanel').locator('pre').first().innerText();
    expect(code).toContain(`${bench.rotato.url}/snippets/`);
    const { stdout } = await run('sh', ['-c', code.replace('curl ', 'curl -sS --fail ')], {
      env: { PATH: process.env.PATH },
    });
    expect(JSON.parse(stdout)).toMatchObject({ object: 'chat.completion' });
    await page.getByRole('tab', { name: 'Models', exact: true }).click();
    await soon(() => page.getByRole('list', { name: 'Models' }).innerText()).toContain('sim-large');
  });
});

describe('under load', () => {
  it('a key that is disabled is not used again from the answer on, and no call fails', {
    timeout: STORY_MS,
  }, async () => {
    await bench.addProvider('busy', [`alpha: ${ALPHA}`, `beta: ${BETA}`]);
    const page = await visits.open(bench, '/providers/busy');
    await seen(page.getByRole('button', { name: 'More for alpha' }));
    const load = startLoad(`${bench.rotato.url}/busy/chat/completions`);
    try {
      await load.answered(50);
      expect(new Set(keysSince(0))).toEqual(new Set([ALPHA, BETA]));
      await page.getByRole('button', { name: 'More for alpha' }).click();
      const disabled = page.waitForResponse((response) => response.url().endsWith('/keys/bulk'));
      await page.getByRole('menuitem', { name: 'Disable' }).click();
      expect((await disabled).status()).toBe(200);
      // What was on its way when the answer was written may still arrive.
      await load.answered(20);
      const from = bench.simulator.requests.all().length;
      await load.answered(100);
      expect(new Set(keysSince(from))).toEqual(new Set([BETA]));

      await page.getByRole('button', { name: 'Undo' }).click();
      await soon(() => keysSince(from)).toContain(ALPHA);
    } finally {
      await load.stop();
    }
    expect(load.failures).toEqual([]);
  });

  it('settings are changed without a call that fails', { timeout: STORY_MS }, async () => {
    await bench.addProvider('settled', [`alpha: ${ALPHA}`, `beta: ${BETA}`]);
    const page = await visits.open(bench, '/providers/settled?tab=settings');
    const load = startLoad(`${bench.rotato.url}/settled/chat/completions`);
    try {
      for (const strategy of ['least-used', 'ordered', 'headroom']) {
        await page.getByRole('button', { name: /^Strategy / }).click();
        await page.getByRole('menuitemradio', { name: strategy }).click();
        await page.getByRole('button', { name: 'Save' }).click();
        await soon(
          async () => (await bench.admin.call('GET /providers/{id}', { id: 'settled' })).settings.strategy,
        ).toBe(strategy);
        await load.answered(20);
        await gone(page.getByRole('button', { name: 'Save' }));
      }
    } finally {
      await load.stop();
    }
    expect(load.failures).toEqual([]);
  });
});

function keysSince(place: number): (string | null)[] {
  return bench.simulator.requests
    .all()
    .slice(place)
    .map(({ key }) => key);
}

/** Callers that call again as soon as they are answered. */
function startLoad(url: string) {
  const failures: unknown[] = [];
  let answers = 0;
  let running = true;
  const caller = async () => {
    while (running) {
      try {
        const reply = await fetch(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ model: 'sim-small', messages: [] }),
        });
        const text = await reply.text();
        if (reply.status !== 200) failures.push(text);
      } catch (error) {
        failures.push(error);
      }
      answers++;
    }
  };
  const callers = Promise.all(Array.from({ length: 4 }, caller));
  return {
    failures,
    /** Resolves after so many more. */
    answered: (count: number) => {
      const wanted = answers + count;
      return soon(() => answers).toBeGreaterThanOrEqual(wanted);
    },
    stop: () => {
      running = false;
      return callers;
    },
  };
}

describe('two admins at once', () => {
  it('the second is told what the first changed, and decides', { timeout: STORY_MS }, async () => {
    await bench.addProvider('both', [ALPHA]);
    const [first, second] = await Promise.all([
      visits.open(bench, '/providers/both?tab=settings'),
      visits.open(bench, '/providers/both?tab=settings'),
    ]);
    await second.getByLabel('Wait for room').fill('45s');
    await first.getByLabel('Wait for room').fill('20s');
    await first.getByRole('button', { name: 'Save' }).click();
    await notified(first, 'Saved the settings of both.');
    expect(await second.getByLabel('Wait for room').inputValue()).toBe('45s');
    await second.getByRole('button', { name: 'Save' }).click();
    const conflict = second.getByRole('dialog', { name: 'Somebody changed both meanwhile' });
    await soon(() => conflict.getByRole('row').last().innerText()).toMatch(/maxWait\s+30s\s+20s\s+45s/);
    const maxWait = async () => (await bench.admin.call('GET /providers/{id}', { id: 'both' })).settings.maxWait;
    expect(await maxWait()).toBe('20s');
    await conflict.getByRole('button', { name: 'Apply mine again' }).click();
    await gone(conflict);
    await soon(maxWait).toBe('45s');
    await soon(() => first.getByLabel('Wait for room').inputValue()).toBe('45s');
  });

  it('see what the other does as it happens', { timeout: STORY_MS }, async () => {
    await bench.addProvider('watched', [`alpha: ${ALPHA}`, `beta: ${BETA}`]);
    const page = await visits.open(bench, '/providers/watched');
    await seen(page.getByRole('button', { name: 'alpha', exact: true }));
    const { items } = await bench.admin.call('GET /providers/{id}/keys', { id: 'watched' });
    await bench.admin.call('PATCH /keys/{id}', { id: items[0]?.id ?? '', body: { label: 'changed elsewhere' } });
    await seen(page.getByRole('button', { name: 'changed elsewhere', exact: true }));
    await bench.admin.call('DELETE /providers/{id}', { id: 'watched' });
    await seen(page.getByText('watched was deleted a moment ago.'));
  });
});

describe('what the configuration file manages', () => {
  it('is marked, cannot be edited here, and can be operated', { timeout: STORY_MS }, async () => {
    const { simulator } = bench;
    const other = await visits.start({
      file: {
        limits: { retries: 4 },
        providers: {
          filed: {
            wire: 'openai',
            baseUrl: `${simulator.url}/v1`,
            allowPrivateAddress: true,
            keys: [{ key: ALPHA, label: 'alpha' }],
          },
        },
      },
    });
    const page = await visits.open(other, '/providers');
    const card = page.getByRole('list', { name: 'Providers' }).getByRole('listitem');
    await seen(card.getByText('File', { exact: true }));
    await card.getByRole('link', { name: 'filed' }).click();
    await seen(page.getByText('The configuration file manages this provider'));
    expect(await page.getByRole('button', { name: 'Add keys' }).count()).toBe(0);
    await page.getByRole('button', { name: 'More', exact: true }).click();
    for (const act of ['Rename…', 'Delete…']) {
      const item = page.getByRole('menuitem', { name: act });
      expect(await item.getAttribute('aria-disabled'), act).toBe('true');
      await seen(item.getByText('Change it in the configuration instead'));
    }
    await page.getByRole('menuitem', { name: 'Disable' }).click();
    await seen(page.getByText('filed is disabled: calls to it get 503.'));
    expect(await statusOf('filed', other)).toBe(503);
    await page.getByRole('main').getByRole('button', { name: 'Enable' }).click();
    await gone(page.getByText('filed is disabled: calls to it get 503.'));

    await page.getByRole('button', { name: 'More for alpha' }).click();
    expect(await page.getByRole('menuitem', { name: 'Delete' }).getAttribute('aria-disabled')).toBe('true');
    await page.getByRole('menuitem', { name: 'Details' }).click();
    await seen(page.getByText('The configuration manages this key'));
    expect(await page.getByRole('dialog').getByLabel('Label').isDisabled()).toBe(true);
    await page.keyboard.press('Escape');
    await page.getByRole('tab', { name: 'Settings' }).click();
    expect(await page.getByLabel('Wait for room').isDisabled()).toBe(true);

    await page.goto(`${other.rotato.url}/admin/settings`);
    await seen(page.getByText(/Decided by the configuration file/));
    expect(await page.getByLabel('Retries after a fault').isDisabled()).toBe(true);
  });
});

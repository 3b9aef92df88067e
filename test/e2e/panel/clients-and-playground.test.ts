import { beforeAll, describe, expect, it } from 'vitest';
import type { AdminBench } from '../../support/admin-bench.ts';
import { gone, STORY_MS, seen, soon, visitPanels } from '../../support/panel-visits.ts';

const ALPHA = 'sk-sim-alpha-11111111';
const BETA = 'sk-sim-beta-22222222';

const visits = visitPanels();
let bench: AdminBench;

beforeAll(async () => {
  const groups = [ALPHA, BETA].map((key, at) => ({ name: `org-${at}`, keys: [key] }));
  bench = await visits.start({ groups, simulator: { tokensPerSecond: 40, outputTokens: 60 } });
  await bench.addProvider('sim', [`alpha: ${ALPHA}`, `beta: ${BETA}`], { strategy: 'ordered' });
}, STORY_MS);

async function statusWith(credential: string): Promise<number> {
  const headers = { authorization: `Bearer ${credential}` };
  const reply = await fetch(`${bench.rotato.url}/sim/models`, { headers });
  await reply.arrayBuffer();
  return reply.status;
}

describe('the playground', () => {
  it('streams an answer and shows which key served it, and why', { timeout: STORY_MS }, async () => {
    const page = await visits.open(bench, '/playground');
    await seen(page.getByRole('button', { name: 'Model: sim-large' }));
    bench.simulator.inject({ fault: 'rate-limited', key: ALPHA, count: 1, retryAfterMs: 30_000 });
    await page.getByRole('textbox', { name: 'Message' }).fill('Tell me something.');
    await page.keyboard.press('Enter');
    const answer = page.getByRole('list', { name: 'Conversation' }).getByRole('listitem').last();
    await soon(() => answer.getAttribute('aria-busy')).toBe('true');
    await soon(async () => (await answer.innerText()).length).toBeGreaterThan(5);
    const early = (await answer.innerText()).length;
    expect(await answer.getAttribute('aria-busy')).toBe('true');
    await soon(() => answer.getAttribute('aria-busy')).toBe('false');
    expect((await answer.innerText()).length).toBeGreaterThan(early);

    const story = page.getByRole('list', { name: 'What happened to the request' });
    await soon(() => story.innerText()).toMatch(
      /Attempt 1 with alpha[\s\S]*429 rate limited[\s\S]*Attempt 2 with beta/,
    );
    expect(await story.innerText()).toMatch(/200 answered[\s\S]*Chosen by/);
  });

  it('stops when told, and keeps what had come; a failure says what to do', { timeout: STORY_MS }, async () => {
    const page = await visits.open(bench, '/playground');
    await page.getByRole('textbox', { name: 'Message' }).fill('Stop me.');
    await page.getByRole('button', { name: 'Send' }).click();
    const answer = page.getByRole('list', { name: 'Conversation' }).getByRole('listitem').last();
    await soon(async () => (await answer.innerText()).length).toBeGreaterThan(5);
    await page.keyboard.press('Escape');
    await seen(page.getByText('You stopped it here.'));

    const id = bench.simulator.inject({ fault: 'bad-request', message: 'That model has no such thing.' });
    await page.getByRole('textbox', { name: 'Message' }).fill('Again.');
    await page.getByRole('button', { name: 'Send' }).click();
    await seen(page.getByRole('alert').getByText(/400: .*That model has no such thing\./));
    bench.simulator.clearFault(id);
    await page.getByRole('button', { name: 'New chat' }).click();
    await seen(page.getByText('What you say here goes through the pool'));
  });
});

describe('a client', () => {
  it('is created with a key that is shown once, scoped, renamed, and revoked at once', {
    timeout: STORY_MS,
  }, async () => {
    const page = await visits.open(bench, '/clients');
    await seen(page.getByText(/Open: every program on this machine may call/));
    await page.getByRole('button', { name: 'Create the first client' }).click();
    const sheet = page.getByRole('dialog', { name: 'Create a client' });
    await seen(sheet.getByText('This is the first client.'));
    await sheet.getByRole('button', { name: 'Create client' }).click();
    await seen(sheet.getByRole('alert'));
    await sheet.getByLabel('Name').fill('my-app');
    await sheet.getByRole('switch', { name: /Only some providers/ }).check();
    await sheet.getByRole('checkbox', { name: 'sim' }).check();
    await sheet.getByRole('button', { name: 'Create client' }).click();
    const made = page.getByRole('dialog', { name: 'my-app can call now' });
    const secret = await made.getByRole('textbox', { name: 'Client key' }).inputValue();
    expect(secret.length).toBeGreaterThan(20);
    await seen(made.getByText(secret).first());
    expect([await statusWith(secret), await statusWith('anything')]).toEqual([200, 401]);
    await made.getByRole('button', { name: 'I have copied it' }).click();
    await gone(made);
    const row = page.getByRole('table', { name: 'Clients' }).getByRole('row').filter({ hasText: 'my-app' });
    await soon(() => row.innerText()).toContain(`…${secret.slice(-4)}`);
    await page.reload();
    await seen(row);
    expect(await page.content()).not.toContain(secret);
    await seen(page.getByText(/Client keys needed:/));

    await page.getByRole('button', { name: 'More for my-app' }).click();
    await page.getByRole('menuitem', { name: 'Edit' }).click();
    const edit = page.getByRole('dialog', { name: 'Edit my-app' });
    await edit.getByLabel('Name').fill('our-app');
    await edit.getByRole('button', { name: 'Save' }).click();
    await gone(edit);
    expect(await statusWith(secret)).toBe(200);

    await page.getByRole('button', { name: 'More for our-app' }).click();
    await page.getByRole('menuitem', { name: 'Revoke…' }).click();
    const question = page.getByRole('dialog', { name: 'Revoke our-app?' });
    await question.getByRole('button', { name: 'Revoke client' }).click();
    await gone(question);
    expect(await statusWith(secret)).toBe(401);
    await seen(page.getByText('No client yet'));

    // The panel's own calls need no client.
    await page.goto(`${bench.rotato.url}/admin/playground`);
    await page.getByRole('button', { name: 'Say hello in one short sentence.' }).click();
    await seen(page.getByRole('button', { name: 'How it was served' }));
    expect(await page.getByRole('alert').count()).toBe(0);
    await bench.admin.call('PATCH /settings', { body: { access: null } });
  });
});

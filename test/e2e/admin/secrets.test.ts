import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startAdminBench } from '../../support/admin-bench.ts';
import { CANARY_KEYS, findLeaks } from '../../support/canary.ts';
import { EventReader } from '../../support/event-reader.ts';

it('gives no key away: not in any answer but an export, nor in events, logs or files', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rotato-secrets-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const [first, second, third, ...others] = CANARY_KEYS;
  const groups = [{ name: 'org-a', keys: [first, second] }];
  const bench = await startAdminBench({ groups, folder });
  const { admin, rotato } = bench;
  const events = await EventReader.open(rotato.url, admin.credentials);

  await bench.addProvider('sim', [], { preset: 'openai' });
  const id = 'sim';
  const keys = [
    { key: first, label: 'first' },
    { key: second },
    { key: first },
    { key: third },
    { key: `${others[0]} and more` },
  ];
  await admin.send('POST /providers/{id}/keys', { id, body: { keys, progressId: 'p' } });
  await admin.send('POST /providers/{id}/keys', {
    id,
    body: { text: others.map((key) => `NAME="${key}"`).join('\n') },
  });
  await admin.send('POST /providers/{id}/keys', {
    id,
    body: {
      keys: [
        { key: third, weight: -1 },
        { key: third, limits: third },
      ],
    },
  });
  await admin.send('POST /providers/{id}/keys', { id, body: { keys: [third], text: third } });
  await admin.send('POST /providers/{id}/keys', { id, body: { text: { key: third } } });
  const call = { method: 'POST', body: JSON.stringify({ model: 'sim-small', messages: [] }) };
  await fetch(`${rotato.url}/sim/chat/completions`, call);

  // Keys that were pasted where none belongs.
  await admin.send('GET /keys/{id}', { id: first });
  await admin.send('GET /providers/{id}', { id: first });
  await admin.send('POST /providers', { body: { name: first, baseUrl: `https://a.example/v1?key=${third}` } });
  await admin.send('POST /providers', {
    body: { name: 'b', preset: second, baseUrl: `https://${third}@a.example/v1` },
  });
  await admin.send('POST /clients', { body: { name: 'c', providers: third, groups: [`${first}\n`] } });
  await admin.send('POST /session', { body: { password: first } });

  await admin.send('GET /providers');
  await admin.send('GET /providers/{id}', { id });
  await admin.send('GET /providers/{id}/models', { id });
  const listed = await admin.call('GET /providers/{id}/keys', { id });
  expect(listed.items.length).toBeGreaterThan(1);
  for (const key of listed.items) {
    await admin.send('GET /keys/{id}', { id: key.id });
    await admin.send('POST /keys/{id}/validate', { id: key.id });
    await admin.send('PATCH /keys/{id}', { id: key.id, body: { weight: 2, key: third } });
    await admin.send('DELETE /keys/{id}', { id: key.id });
    await admin.send('POST /keys/{id}/restore', { id: key.id });
  }
  for (const route of [
    'GET /pool',
    'GET /traffic',
    'GET /notices',
    'GET /exchanges',
    'GET /settings',
    'GET /clients',
  ] as const) {
    await admin.send(route);
  }
  const exported = await admin.send('POST /export', { body: { password: bench.password } });
  expect(findLeaks(exported.text, CANARY_KEYS)).not.toEqual([]);
  const document = JSON.parse(exported.text);
  await admin.send('POST /import', { body: { document, dryRun: true } });
  document.providers.sim.keys.push({ key: third, label: 5 });
  await admin.send('POST /import', { body: { document } });
  await events.seen('exchange');
  events.leave();

  expect(admin.answers.length).toBeGreaterThan(25);
  expect(findLeaks(admin.answers.join('\n'), CANARY_KEYS)).toEqual([]);
  expect(findLeaks(events.text, CANARY_KEYS)).toEqual([]);
  expect(findLeaks(rotato.logLines.join('\n'), CANARY_KEYS)).toEqual([]);
  await bench[Symbol.asyncDispose]();
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(files.length).toBeGreaterThan(2);
  for (const { parentPath, name } of files) {
    expect(findLeaks(readFileSync(join(parentPath, name), 'latin1'), CANARY_KEYS), name).toEqual([]);
  }
});

import { gzipSync } from 'node:zlib';
import OpenAI, { toFile } from 'openai';
import { describe, expect, it } from 'vitest';
import { HeaderList } from '../../../src/model/header-list.ts';
import { startProxiedProvider } from '../../support/proxied-provider.ts';
import { type RecordedRequest, startRecordingUpstream } from '../../support/recording-upstream.ts';
import { startTestRotato } from '../../support/running-rotato.ts';

const TWO_GROUPS = [
  { name: 'org-a', keys: ['sk-a-1', 'sk-a-2'] },
  { name: 'org-b', keys: ['sk-b-1', 'sk-b-2'] },
];
const ROUNDS = 100;

/** How many of `ROUNDS` turned out well, so that a failure says how often it happened. */
async function count(round: (at: number) => Promise<boolean>): Promise<number> {
  let found = 0;
  for (let at = 0; at < ROUNDS; at++) if (await round(at).catch(() => false)) found++;
  return found;
}

describe('what lives in one of two organisations is found again', () => {
  it('a file, by retrieve and by content', async () => {
    await using proxied = await startProxiedProvider({ groups: TWO_GROUPS });
    const client = proxied.openai();
    const found = await count(async (at) => {
      const file = await client.files.create({ purpose: 'user_data', file: await toFile(Buffer.from([at]), 'x') });
      const again = await client.files.retrieve(file.id);
      const content = await (await client.files.content(file.id)).arrayBuffer();
      return again.id === file.id && new Uint8Array(content)[0] === at;
    });
    expect(found).toBe(ROUNDS);
    const used = [...proxied.simulator.counters.byGroup.values()].map(({ received }) => received);
    expect(Math.min(...used)).toBeGreaterThan(ROUNDS / 2);
    expect(proxied.simulator.counters.refused.size).toBe(0);
  });

  it('a stored response, by retrieve and by previous_response_id, whole and streamed', async () => {
    await using proxied = await startProxiedProvider({ groups: TWO_GROUPS });
    const client = proxied.openai();
    const found = await count(async (at) => {
      const first = await client.responses.create({ model: 'sim-large', input: `${at}` });
      const ask = { model: 'sim-large', input: 'more', previous_response_id: first.id };
      const next =
        at % 2 === 0 ? await client.responses.create(ask) : await client.responses.stream(ask).finalResponse();
      const again = await client.responses.retrieve(first.id);
      const last = await client.responses.retrieve(next.id);
      return again.id === first.id && last.previous_response_id === first.id;
    });
    expect(found).toBe(ROUNDS);
    expect(proxied.simulator.counters.refused.size).toBe(0);
  });

  it('by whoever asks next, also when the answer that showed the id was compressed', async () => {
    let files = 0;
    const owners = new Map<string, string>();
    await using upstream = await startRecordingUpstream((request) => {
      const owner = organisationOf(request);
      if (request.method === 'POST') {
        const id = `file-${files++}`;
        owners.set(id, owner);
        // Padding makes decoding take longer than the caller takes to ask again.
        const body = gzipSync(JSON.stringify({ id, padding: 'x'.repeat(200_000) }));
        return { headers: ['content-type', 'application/json', 'content-encoding', 'gzip'], body };
      }
      const id = request.target.split('/').at(-1) ?? '';
      return { status: owners.get(id) === owner ? 200 : 404, body: Buffer.from('{}') };
    });
    // In turn, so that whoever has forgotten asks the other one.
    const keys = ['a', 'b'].map((name) => ({ key: `sk-${name}`, group: `org-${name}` }));
    await using rotato = await startTestRotato({
      providers: { openai: { baseUrl: upstream.url, allowPrivateAddress: true, keys } },
    });
    const client = new OpenAI({ apiKey: 'unused', baseURL: `${rotato.url}/openai`, maxRetries: 0 });
    const found = await count(async () => {
      const file = await client.files.create({ purpose: 'user_data', file: new File(['x'], 'x') });
      await client.files.retrieve(file.id);
      return true;
    });
    expect(found).toBe(ROUNDS);
  });
});

function organisationOf({ rawHeaders }: RecordedRequest): string {
  return /sk-[ab]/.exec(new HeaderList(rawHeaders).get('authorization') ?? '')?.[0] ?? '';
}

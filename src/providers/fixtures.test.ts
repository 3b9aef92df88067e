import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { HeaderList } from '../model/header-list.ts';
import type { Outcome } from '../model/outcome.ts';
import { adapterFor } from './preset-adapter.ts';
import { presetFor } from './presets.ts';
import type { ProviderAdapter } from './provider-adapter.ts';

/**
 * Table 10 of the provider reference, a file or more a row, in bodies as the vendors sent or documented them. `source`
 * says where a shape was seen. `expect` is the whole outcome but for its reason.
 */
interface Fixture {
  readonly row: number;
  readonly preset: string;
  readonly source: string;
  readonly expect: Outcome;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Instead of a status, headers and body: an error inside a stream. */
  readonly event?: string | null;
  readonly data?: string;
}

const FOLDER = new URL('./fixtures/', import.meta.url);
const RECEIVED_AT = Date.UTC(2026, 7, 19, 14, 34, 11);
const FIRST_ROW = 1;
const LAST_ROW = 24;

const fixtures = readdirSync(FOLDER).map((file): [string, Fixture] => [
  file.replace('.json', ''),
  JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')),
]);

function judge(adapter: ProviderAdapter, fixture: Fixture): Outcome | null {
  if (fixture.data !== undefined) return adapter.classifyEvent(fixture.event ?? null, fixture.data);
  return adapter.classify({
    status: fixture.status ?? 0,
    headers: new HeaderList(Object.entries(fixture.headers ?? {}).flat()),
    body: fixture.body ?? '',
    receivedAt: RECEIVED_AT,
  });
}

describe('table 10', () => {
  it.each(fixtures)('%s', (_, fixture) => {
    const outcome = judge(adapterFor(presetFor(fixture.preset, 'openai')), fixture);

    if (outcome === null || !('reason' in outcome)) throw new Error(`no refusal was seen: ${JSON.stringify(outcome)}`);
    const { reason, ...rest } = outcome;
    expect(rest).toEqual(fixture.expect);
    expect(reason).toMatch(/^.{1,200}$/u);
  });

  it('has a fixture for every row', () => {
    const covered = new Set(fixtures.map(([, { row }]) => row));
    const missing: number[] = [];
    for (let row = FIRST_ROW; row <= LAST_ROW; row++) if (!covered.has(row)) missing.push(row);
    expect(missing).toEqual([]);
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemorySettingsStore } from '../../test/support/memory-settings-store.ts';
import { type OperatorBench, openOperator } from '../../test/support/operator-bench.ts';

let store: MemorySettingsStore;
let bench: OperatorBench;

beforeEach(async () => {
  store = new MemorySettingsStore();
  bench = await openOperator({ store });
});

afterEach(() => bench.close());

const version = (value: number) => ({ put: { values: new Map([['count', value]]) } });
const count = () => bench.inForce.stored.values.get('count');

describe('changes', () => {
  it('come into force after they are durable, and before they are answered', async () => {
    const seen: unknown[] = [];
    bench.inForce.onSwap(({ stored }) => seen.push([stored.values.get('count'), store.commits]));
    await bench.inForce.change(() => ({ change: version(1), result: undefined }));
    expect(seen).toEqual([[1, 1]]);
  });

  it('go one after another, each planned on what the one before it left', async () => {
    const add = () =>
      bench.inForce.change(({ stored }) => {
        const next = Number(stored.values.get('count') ?? 0) + 1;
        return { change: version(next), result: next };
      });
    expect(await Promise.all([add(), add(), add()])).toEqual([1, 2, 3]);
  });

  it('that fail leave all as it was, and do not hold up the next', async () => {
    const { version: before } = bench.snapshot();
    store.failure = new Error('no space');
    const failing = bench.inForce.change(() => ({ change: version(1), result: undefined }));
    const refused = bench.inForce.change(() => {
      throw new Error('not like this');
    });
    const next = bench.inForce.change(({ stored }) => ({ change: version(5), result: stored.values.get('count') }));
    await expect(failing).rejects.toThrow('no space');
    await expect(refused).rejects.toThrow('not like this');
    expect([await next, count(), bench.snapshot().version]).toEqual([undefined, 5, before + 1]);
  });

  it('that change nothing reach neither disk nor snapshot', async () => {
    const before = bench.snapshot();
    await bench.inForce.change(() => ({ change: { put: { keys: [] }, remove: {} }, result: undefined }));
    expect([store.commits, bench.snapshot()]).toEqual([0, before]);
  });

  it('under way are finished before the end', async () => {
    const changing = bench.inForce.change(() => ({ change: version(1), result: undefined }));
    await bench.inForce.close();
    expect(count()).toBe(1);
    await changing;
  });
});

describe('another file', () => {
  it('that would open the server to all is refused, and the one in force stays', async () => {
    const before = bench.snapshot();
    const { file } = bench.inForce;
    const exposed = { ...file, listen: { ...file.listen, addresses: ['0.0.0.0'] } };
    expect(() => bench.inForce.replaceFile(exposed)).toThrow(/which others can reach/);
    expect([bench.snapshot(), bench.inForce.file]).toEqual([before, file]);
  });
});

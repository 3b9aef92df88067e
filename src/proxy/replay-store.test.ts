import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ReplayBudget, ReplayStore } from './replay-store.ts';

const KB = 1024;
const MB = 1024 * KB;

let folder: string;
let previousTmpdir: string | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'replay-'));
  previousTmpdir = process.env.TMPDIR;
  process.env.TMPDIR = folder;
});

afterEach(() => {
  if (previousTmpdir === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = previousTmpdir;
  rmSync(folder, { recursive: true, force: true });
});

function bytes(length: number, seed = 1): Buffer {
  const buffer = Buffer.alloc(length);
  for (let at = 0; at < length; at++) buffer[at] = (at * 31 + seed * 17 + (at >> 8)) & 0xff;
  return buffer;
}

async function readAll(store: ReplayStore, offset = 0): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of store.readFrom(offset)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** What this process holds open below the test's folder, by descriptor. Linux only. */
function openFiles(): string[] {
  return readdirSync('/proc/self/fd')
    .map((fd) => `/proc/self/fd/${fd}`)
    .filter((path) => targetOf(path).startsWith(folder));
}

function targetOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // The descriptor that listed the folder is closed by now.
    return '';
  }
}

describe('what was appended', () => {
  it('is read back from any offset, in memory, in the file and across the two', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 400 * KB }), { minLength: 1, maxLength: 8 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (lengths, share) => {
          const store = new ReplayStore(new ReplayBudget(100 * MB));
          const chunks = lengths.map(bytes);
          for (const chunk of chunks) await store.append(chunk);
          const whole = Buffer.concat(chunks);
          const offset = Math.floor(share * whole.length);
          expect(store.lengthBytes).toBe(whole.length);
          expect((await readAll(store, offset)).equals(whole.subarray(offset))).toBe(true);
          await store.close();
        },
      ),
      { numRuns: 30 },
    );
  });

  it('counts only once it can be read, so that a reader beside a slow disk waits instead of spinning', async () => {
    const store = new ReplayStore(new ReplayBudget(100 * MB));
    const appended = store.append(bytes(2 * MB));
    expect(store.lengthBytes).toBe(0);
    expect(await readAll(store)).toHaveLength(0);
    await appended;
    expect(store.lengthBytes).toBe(2 * MB);
    await store.close();
  });
});

describe('the file', () => {
  it('is not used for the first megabyte', async () => {
    const store = new ReplayStore(new ReplayBudget(100 * MB));
    await store.append(bytes(MB));
    expect(readdirSync(folder)).toEqual([]);
    if (existsSync('/proc/self/fd')) expect(openFiles()).toEqual([]);
    await store.append(bytes(1));
    if (existsSync('/proc/self/fd')) expect(openFiles()).toHaveLength(1);
    await store.close();
  });

  it('has no name, is for its owner alone, and is gone when the store is closed', async (context) => {
    if (!existsSync('/proc/self/fd')) return context.skip();
    const store = new ReplayStore(new ReplayBudget(100 * MB));
    await store.append(bytes(2 * MB));
    expect(readdirSync(folder)).toEqual([]);
    const [path = ''] = openFiles();
    expect(statSync(path).size).toBe(2 * MB);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await store.close();
    expect(openFiles()).toEqual([]);
  });

  it('that is being made when the store is closed is closed as well', async (context) => {
    if (!existsSync('/proc/self/fd')) return context.skip();
    const budget = new ReplayBudget(2 * MB);
    const store = new ReplayStore(budget);
    const appended = store.append(bytes(2 * MB));
    await store.close();
    await appended;
    expect(openFiles()).toEqual([]);
    expect(store.lengthBytes).toBe(0);
    expect(budget.take(2 * MB)).toBe(true);
  });

  it('that cannot be made costs the second sending, and nothing else', async () => {
    rmSync(folder, { recursive: true });
    const budget = new ReplayBudget(3 * MB);
    const store = new ReplayStore(budget);
    await store.append(bytes(MB));
    await store.append(bytes(MB));
    await store.append(bytes(MB));
    expect(store.complete).toBe(false);
    expect(store.lengthBytes).toBe(0);
    expect(budget.take(3 * MB)).toBe(true);
  });
});

describe('the budget', () => {
  it('is spent to the last byte and not beyond', async () => {
    const budget = new ReplayBudget(100);
    const store = new ReplayStore(budget);
    await store.append(bytes(100));
    expect(store.complete).toBe(true);
    await store.append(bytes(1));
    expect(store.complete).toBe(false);
    expect(await readAll(store)).toHaveLength(0);
  });

  it('is shared, and whole again after any number of stores have come and gone', async () => {
    const append = fc.record({ store: fc.nat(2), kb: fc.integer({ min: 1, max: 700 }), awaited: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(append, { maxLength: 12 }), async (appends) => {
        const budget = new ReplayBudget(3 * MB);
        const stores = [0, 1, 2].map(() => new ReplayStore(budget));
        const tails = stores.map(() => Promise.resolve());
        for (const { store, kb, awaited } of appends) {
          tails[store] = (tails[store] as Promise<void>).then(() => stores[store]?.append(bytes(kb * KB)));
          if (awaited) await tails[store];
        }
        await Promise.all(stores.map((store) => store.close()));
        await Promise.all(tails);
        expect(budget.take(3 * MB)).toBe(true);
        expect(budget.take(1)).toBe(false);
      }),
      { numRuns: 40 },
    );
  });
});

import { Writable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import { EventStream } from './event-stream.ts';

/** A reply whose reader takes a chunk only when it is told to. */
class SlowReply extends Writable {
  readonly taken: string[] = [];
  #taking: (() => void) | null = null;

  constructor() {
    super({ highWaterMark: 64, decodeStrings: false });
  }

  writeHead(): never {
    return this as never;
  }

  override _write(chunk: string, _encoding: string, done: () => void): void {
    this.#taking = () => {
      this.taken.push(chunk);
      done();
    };
  }

  /** Reads one chunk; false when none waits. */
  async take(): Promise<boolean> {
    const taking = this.#taking;
    this.#taking = null;
    taking?.();
    await new Promise((resolve) => setImmediate(resolve));
    return taking !== null;
  }

  async takeAll(): Promise<void> {
    while (await this.take());
  }
}

const LONG = 'x'.repeat(100);

function open() {
  const reply = new SlowReply();
  const clock = new VirtualClock();
  return { reply, clock, stream: new EventStream(reply, {}, clock) };
}

describe('EventStream', () => {
  it('keeps of what replaces itself only the last for a reader that is behind', async () => {
    const { reply, stream } = open();
    for (let round = 0; round < 1000; round++) stream.replace('pool', `pool ${round} ${LONG}`);
    await reply.takeAll();
    expect(reply.taken.map((text) => text.slice(0, 8))).toEqual(['retry: 2', 'pool 0 x', 'pool 999']);
  });

  it('keeps of what makes sense alone the most recent', async () => {
    const { reply, stream } = open();
    for (let round = 0; round < 1000; round++) stream.send(`exchange ${round} ${LONG}`);
    await reply.takeAll();
    const rounds = reply.taken.slice(1).map((text) => Number(text.split(' ')[1]));
    expect(rounds).toEqual([0, ...Array.from({ length: 200 }, (_, at) => 800 + at)]);
  });

  it('holds a bounded amount and gives all of the newest, however it is written to and read', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('replace' as const), slot: fc.constantFrom('pool', 'traffic') }),
      fc.record({ kind: fc.constant('send' as const), slot: fc.constant('') }),
      fc.record({ kind: fc.constant('take' as const), slot: fc.constant('') }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 200 }), async (steps) => {
        const { reply, stream } = open();
        const last = new Map<string, string>();
        const sent: string[] = [];
        for (const [at, { kind, slot }] of steps.entries()) {
          const text = `${kind}-${slot}-${at}-${LONG}`;
          if (kind === 'take') await reply.take();
          else if (kind === 'send') stream.send(sent[sent.push(text) - 1] as string);
          else stream.replace(slot, last.set(slot, text).get(slot) as string);
          expect(reply.writableLength).toBeLessThan(64 + 2 * text.length);
        }
        await reply.takeAll();
        for (const text of last.values()) expect(reply.taken).toContain(text);
        expect(reply.taken.filter((text) => text.startsWith('send'))).toEqual(sent);
      }),
      { seed: 4, numRuns: 100 },
    );
  });

  it('leaves a reader that has taken nothing for a minute, and no other', async () => {
    const { reply, clock, stream } = open();
    stream.send(LONG);
    await clock.advance(59_000);
    stream.heartbeat();
    expect(reply.destroyed).toBe(false);
    await clock.advance(2_000);
    stream.heartbeat();
    expect(reply.destroyed).toBe(true);

    const slow = open();
    for (let minute = 0; minute < 10; minute++) {
      slow.stream.send(LONG);
      await slow.reply.takeAll();
      await slow.clock.advance(61_000);
      slow.stream.heartbeat();
      await slow.reply.takeAll();
    }
    expect(slow.reply.destroyed).toBe(false);
    expect(slow.reply.taken.at(-1)).toMatch(/^event: heartbeat\ndata: \{"at":\d+\}\n\n$/);
  });

  it('says why it ends to a reader that keeps up, and does not wait for another', async () => {
    const { reply, stream } = open();
    await reply.takeAll();
    stream.end('signed-out');
    await reply.takeAll();
    expect(reply.taken.at(-1)).toBe('event: end\ndata: {"reason":"signed-out"}\n\n');
    expect(reply.writableFinished).toBe(true);
    const behind = open();
    behind.stream.send(LONG);
    behind.stream.end('stopping');
    expect(behind.reply.destroyed).toBe(true);
  });

  it('writes nothing after its end', async () => {
    const { reply, stream } = open();
    await reply.takeAll();
    stream.end('stopping');
    stream.send('late');
    stream.replace('pool', 'late');
    stream.heartbeat();
    await reply.takeAll();
    expect(reply.taken.at(-1)).toContain('event: end');
  });
});

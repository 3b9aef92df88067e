import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import { SilenceWatch, type Watched } from './silence-watch.ts';

/** Silent since it last spoke; remembers when it was found to be overdue. */
class Speaker implements Watched {
  readonly #allowedMs: number;
  readonly #watch: SilenceWatch;
  spokeAt: number;
  overdueAt: number | null = null;

  constructor(watch: SilenceWatch, allowedMs: number, now: number) {
    this.#watch = watch;
    this.#allowedMs = allowedMs;
    this.spokeAt = now;
    watch.watch(this, now, allowedMs);
  }

  look(now: number): number {
    const leftMs = this.spokeAt + this.#allowedMs - now;
    if (leftMs > 0) return leftMs;
    this.overdueAt = now;
    this.#watch.unwatch(this);
    return Number.POSITIVE_INFINITY;
  }
}

describe('watching over silence', () => {
  it('finds everyone overdue at the very instant, whoever began when and spoke when', async () => {
    const begins = fc.array(
      fc.record({
        atMs: fc.nat(500),
        allowedMs: fc.integer({ min: 1, max: 300 }),
        speaksAfterMs: fc.array(fc.nat(400)),
      }),
      { maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(begins, async (rows) => {
        const clock = new VirtualClock();
        const watch = new SilenceWatch(clock);
        const speakers: { speaker: Speaker; allowedMs: number }[] = [];
        for (const { atMs, allowedMs, speaksAfterMs } of rows) {
          clock.setTimer(atMs, () => {
            const speaker = new Speaker(watch, allowedMs, clock.now());
            speakers.push({ speaker, allowedMs });
            for (const afterMs of speaksAfterMs) {
              clock.setTimer(afterMs, () => {
                if (speaker.overdueAt === null) speaker.spokeAt = clock.now();
              });
            }
          });
        }
        await clock.advance(2_000);
        expect(speakers).toHaveLength(rows.length);
        for (const { speaker, allowedMs } of speakers) expect(speaker.overdueAt).toBe(speaker.spokeAt + allowedMs);
      }),
    );
  });

  it('leaves alone who is no longer watched, and goes to sleep', async () => {
    const clock = new VirtualClock();
    const watch = new SilenceWatch(clock);
    const speaker = new Speaker(watch, 100, clock.now());
    watch.unwatch(speaker);
    await clock.advance(1_000);
    expect(speaker.overdueAt).toBeNull();
    expect(clock.nextAt()).toBeNull();
  });

  it('sets one timer for many', () => {
    const clock = new VirtualClock();
    const watch = new SilenceWatch(clock);
    for (let nth = 0; nth < 100; nth++) new Speaker(watch, 100 + nth, clock.now());
    expect(clock.nextAt()).toBe(100);
    watch.close();
    expect(clock.nextAt()).toBeNull();
  });
});

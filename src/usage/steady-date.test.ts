import { expect, it } from 'vitest';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import { SteadyDate } from './steady-date.ts';

const HOUR_MS = 3_600_000;

it('is the date, until the clock is set; and again after an hour without a further step', async () => {
  const clock = new VirtualClock();
  const date = new SteadyDate(clock);
  expect(date.now()).toBe(clock.wallNow());
  clock.stepWall(1_000);
  expect(date.now()).toBe(clock.wallNow());

  clock.stepWall(400 * 24 * HOUR_MS);
  expect(date.now()).toBeNull();
  await clock.advance(HOUR_MS / 2);
  clock.stepWall(-400 * 24 * HOUR_MS);
  expect(date.now()).toBeNull();
  await clock.advance(HOUR_MS - 1);
  expect(date.now()).toBeNull();
  await clock.advance(1);
  expect(date.now()).toBe(clock.wallNow());
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import { LoginThrottle } from './login-throttle.ts';
import { ThrottledError } from './problem.ts';

const DAY_MS = 24 * 3_600_000;

/** Zero when the guess was let through, else how long to wait. */
function guess(throttle: LoginThrottle, address: string): number {
  try {
    throttle.admit(address);
    return 0;
  } catch (error) {
    if (error instanceof ThrottledError) return error.retryAfterMs;
    throw error;
  }
}

/** Only ever asked what time it is. */
class StoppedClock extends VirtualClock {
  at = 0;

  override now(): number {
    return this.at;
  }
}

/** Guesses as often as it is let; returns how long `count` of them took. */
function guessAll(addressOf: (attempt: number) => string, count: number): number {
  const clock = new StoppedClock();
  const throttle = new LoginThrottle(clock);
  for (let made = 0, attempt = 0; made < count; attempt++) {
    const waitMs = guess(throttle, addressOf(attempt));
    if (waitMs === 0) made++;
    else clock.at += waitMs;
  }
  return clock.now();
}

describe('LoginThrottle', () => {
  it('forgives a few wrong passwords, then doubles the wait up to a quarter of an hour', () => {
    const clock = new StoppedClock();
    const throttle = new LoginThrottle(clock);
    const waits: number[] = [];
    for (let failures = 1; failures <= 20; failures++) {
      expect(guess(throttle, '203.0.113.1')).toBe(0);
      if (failures < 5) continue;
      waits.push(guess(throttle, '203.0.113.1'));
      clock.at += waits.at(-1)!;
    }
    expect(waits.slice(0, 5)).toEqual([1000, 2000, 4000, 8000, 16_000]);
    expect(waits.slice(-3)).toEqual([900_000, 900_000, 900_000]);
  });

  it('lets one source make 10,000 guesses only in months', () => {
    expect(guessAll(() => '203.0.113.1', 10_000)).toBeGreaterThan(90 * DAY_MS);
  });

  it('lets all sources together make 10,000 guesses only in more than a day', () => {
    const many = (attempt: number) => `198.51.${Math.floor(attempt / 250) % 250}.${attempt % 250}`;
    expect(guessAll(many, 10_000)).toBeGreaterThan(DAY_MS);
    const fresh = (attempt: number) => `2001:db8:${(attempt >> 16).toString(16)}:${(attempt & 65_535).toString(16)}::1`;
    expect(guessAll(fresh, 10_000)).toBeGreaterThan(DAY_MS);
  });

  it('never holds up somebody elsewhere while sources with wrong passwords go on guessing', async () => {
    const clock = new VirtualClock();
    const throttle = new LoginThrottle(clock);
    const attackers = Array.from({ length: 15 }, (_, index) => `203.0.113.${index}`);
    for (let second = 0; second < 3600; second++) {
      for (const address of attackers) guess(throttle, address);
      await clock.advance(1000);
    }
    expect(guess(throttle, '192.0.2.7')).toBe(0);
  });

  it('does not make a source wait for others where a correct password came from before', () => {
    const clock = new VirtualClock();
    const throttle = new LoginThrottle(clock);
    throttle.admit('192.0.2.7').succeeded();
    for (let index = 0; index < 500; index++) guess(throttle, `203.0.${index >> 8}.${index & 255}`);
    expect(guess(throttle, '192.0.2.8')).toBeGreaterThan(0);
    expect(guess(throttle, '192.0.2.7')).toBe(0);
  });

  it('starts a source anew after a correct password, and after a day of silence', async () => {
    const clock = new VirtualClock();
    const throttle = new LoginThrottle(clock);
    for (let failure = 0; failure < 4; failure++) guess(throttle, '192.0.2.7');
    throttle.admit('192.0.2.7').succeeded();
    expect([1, 2, 3, 4, 5].map(() => guess(throttle, '192.0.2.7'))).toEqual([0, 0, 0, 0, 0]);
    expect(guess(throttle, '192.0.2.7')).toBe(1000);
    await clock.advance(DAY_MS + 1);
    expect([1, 2, 3, 4, 5].map(() => guess(throttle, '192.0.2.7'))).toEqual([0, 0, 0, 0, 0]);
  });

  it('counts guesses that run at the same time', () => {
    const throttle = new LoginThrottle(new VirtualClock());
    const waits = Array.from({ length: 100 }, () => guess(throttle, '203.0.113.1'));
    expect(waits.filter((waitMs) => waitMs === 0)).toHaveLength(5);
  });

  it('takes an IPv4 address for the same however it is written, and a /64 for one source', () => {
    const throttle = new LoginThrottle(new VirtualClock());
    for (let failure = 0; failure < 5; failure++) guess(throttle, '203.0.113.1');
    expect(guess(throttle, '::ffff:203.0.113.1')).toBeGreaterThan(0);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 65_535 }), { minLength: 4, maxLength: 4 }), (tail) => {
        const fresh = new LoginThrottle(new VirtualClock());
        for (let failure = 0; failure < 5; failure++) guess(fresh, '2001:db8:1:2::1');
        const same = `2001:db8:1:2:${tail.map((part) => part.toString(16)).join(':')}`;
        expect(guess(fresh, same)).toBeGreaterThan(0);
        expect(guess(fresh, same.replace('1:2', '1:3'))).toBe(0);
      }),
      { seed: 4, numRuns: 50 },
    );
  });
});

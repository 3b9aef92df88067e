import { isIPv6 } from 'node:net';
import type { Clock } from '../clock.ts';
import { ThrottledError } from './problem.ts';

/** Typing errors that cost nothing; each one after doubles the wait. */
const FREE_FAILURES = 5;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15 * 60_000;
/** A source without a failure for so long starts anew. */
const FORGOTTEN_AFTER_MS = 24 * 3_600_000;
const MOST_SOURCES = 10_000;

/**
 * For all sources together, 10,000 guesses shall take more than a day. Sources with failures and sources without have
 * a budget each, so that those who guess cannot use up what somebody who just arrived needs.
 */
const PACE_MS = 20_000;
const BURST = 20;

interface Source {
  failures: number;
  /** On the clock. */
  retryAt: number;
  lastFailureAt: number;
  /** A correct password came from here, so nobody else's guessing holds it up. */
  trusted: boolean;
}

/** One guess that may be made. It counts as wrong until it is told to have been right. */
export interface Guess {
  succeeded(): void;
}

/** How often passwords may be tried: exponentially slower for each source, and at a steady pace for all of them. */
export class LoginThrottle {
  readonly #clock: Clock;
  readonly #sources = new Map<string, Source>();
  readonly #newcomers: Pace;
  readonly #offenders: Pace;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#newcomers = new Pace(clock);
    this.#offenders = new Pace(clock);
  }

  /** Throws `rate-limited` with the time to wait. `address` is that of the socket. */
  admit(address: string): Guess {
    const name = sourceOf(address);
    const source = this.#find(name);
    const now = this.#clock.now();
    if (now < source.retryAt) {
      throw new ThrottledError(
        'Too many wrong passwords from this address. Wait, then try again.',
        source.retryAt - now,
      );
    }
    const pace = source.failures === 0 ? this.#newcomers : this.#offenders;
    if (!source.trusted) pace.take();
    source.failures++;
    source.lastFailureAt = now;
    source.retryAt = now + waitAfter(source.failures);
    this.#keep(name, source);
    return {
      succeeded: () => {
        if (!source.trusted) pace.giveBack();
        this.#keep(name, { failures: 0, retryAt: 0, lastFailureAt: this.#clock.now(), trusted: true });
      },
    };
  }

  #find(name: string): Source {
    const source = this.#sources.get(name);
    const forgotten = source === undefined || this.#clock.now() - source.lastFailureAt > FORGOTTEN_AFTER_MS;
    return forgotten ? { failures: 0, retryAt: 0, lastFailureAt: 0, trusted: source?.trusted ?? false } : source;
  }

  /** Most recently used last, so that what is dropped is what was silent longest. */
  #keep(name: string, source: Source): void {
    this.#sources.delete(name);
    this.#sources.set(name, source);
    for (const oldest of this.#sources.keys()) {
      if (this.#sources.size <= MOST_SOURCES) break;
      this.#sources.delete(oldest);
    }
  }
}

function waitAfter(failures: number): number {
  if (failures < FREE_FAILURES) return 0;
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - FREE_FAILURES));
}

/** Whoever has an IPv6 address has a whole /64 of them. */
function sourceOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped !== null) return mapped[1] as string;
  if (!isIPv6(address)) return address;
  const [head = '', tail = ''] = (address.split('%', 1)[0] as string).split('::');
  const groups = head === '' ? [] : head.split(':');
  const missing = 8 - groups.length - (tail === '' ? 0 : tail.split(':').length);
  const whole = address.includes('::') ? [...groups, ...Array<string>(missing).fill('0'), ...tail.split(':')] : groups;
  return `${whole.slice(0, 4).join(':')}::/64`;
}

/** A budget of guesses that fills up again at a steady pace. */
class Pace {
  readonly #clock: Clock;
  #left = BURST;
  #at: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#at = clock.now();
  }

  take(): void {
    const now = this.#clock.now();
    this.#left = Math.min(BURST, this.#left + (now - this.#at) / PACE_MS);
    this.#at = now;
    if (this.#left < 1) {
      throw new ThrottledError('Too many wrong passwords lately. Wait, then try again.', (1 - this.#left) * PACE_MS);
    }
    this.#left--;
  }

  giveBack(): void {
    this.#left = Math.min(BURST, this.#left + 1);
  }
}

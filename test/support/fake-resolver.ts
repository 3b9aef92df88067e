import dns, { type LookupAddress, type LookupOptions } from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import { isIP } from 'node:net';
import { onTestFinished } from 'vitest';

type Callback = (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void;

/** What a name resolves to: addresses, the code of an error, or silence. */
export type Answer = readonly string[] | { readonly error: string } | 'silence';

/**
 * Takes the place of the system's resolver in this process until the running test, with its after-each, is over. Names
 * it was told nothing about do not exist.
 */
export class FakeResolver {
  /** Every name that was asked for, in order. */
  readonly asked: string[] = [];
  readonly #answers = new Map<string, Answer>();
  readonly #real = dns.lookup;

  constructor() {
    const lookup = (name: string, options: LookupOptions, callback: Callback) => this.#lookup(name, options, callback);
    dns.lookup = lookup as typeof dns.lookup;
    syncBuiltinESMExports();
    onTestFinished(() => {
      dns.lookup = this.#real;
      syncBuiltinESMExports();
    });
  }

  resolve(name: string, answer: Answer): void {
    this.#answers.set(name, answer);
  }

  #lookup(name: string, options: LookupOptions, callback: Callback): void {
    // Addresses come here as well, from those who listen and connect, and are none of its business.
    if (isIP(name) !== 0) {
      this.#real(name, options, callback as never);
      return;
    }
    this.asked.push(name);
    const answer = this.#answers.get(name) ?? { error: 'ENOTFOUND' };
    if (answer === 'silence') return;
    setImmediate(() => {
      if ('error' in answer) callback(Object.assign(new Error(`${answer.error} ${name}`), { code: answer.error }), []);
      else
        callback(
          null,
          answer.map((address) => ({ address, family: isIP(address) })),
        );
    });
  }
}

import type { Tally } from './test-report.ts';

/** Runs checks one after another, tells of each, and counts. */
export class Checks {
  #passed: number;
  #failed: number;

  constructor(before: Tally) {
    this.#passed = before.passed;
    this.#failed = before.failed;
  }

  get tally(): Tally {
    return { passed: this.#passed, failed: this.#failed };
  }

  /** A check fails by throwing; what it returns is handed on, null after a failure. */
  async check<T>(name: string, perform: () => Promise<T>): Promise<T | null> {
    const startedAt = performance.now();
    const tell = (verdict: string) =>
      console.log(`${verdict}  ${name} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
    try {
      const result = await perform();
      this.#passed++;
      tell('ok  ');
      return result;
    } catch (error) {
      this.#failed++;
      tell('FAIL');
      console.log(String(error instanceof Error ? error.message : error).replace(/^/gm, '      '));
      return null;
    }
  }
}

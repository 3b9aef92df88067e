import { describe, expect, it } from 'vitest';
import { type TestReport, tallyTests } from './test-report.ts';

function report(success: boolean, files: readonly (readonly [status: string, ...tests: string[]])[]): TestReport {
  const count = (wanted: string) => files.flatMap(([, ...tests]) => tests).filter((status) => status === wanted).length;
  return {
    success,
    numPassedTests: count('passed'),
    numFailedTests: count('failed'),
    testResults: files.map(([status, ...tests]) => ({
      status,
      assertionResults: tests.map((test) => ({ status: test })),
    })),
  };
}

describe('tallyTests', () => {
  it('counts tests, and skipped ones not at all', () => {
    expect(tallyTests(report(true, [['passed', 'passed', 'skipped', 'passed']]))).toEqual({ passed: 2, failed: 0 });
    expect(tallyTests(report(false, [['failed', 'passed', 'failed']]))).toEqual({ passed: 1, failed: 1 });
  });

  it('counts a file that could not be loaded as one failure', () => {
    const files = [['passed', 'passed'], ['failed'], ['failed', 'skipped']] as const;
    expect(tallyTests(report(false, files))).toEqual({ passed: 1, failed: 2 });
  });

  it('counts a run that failed beside its tests, and one without a report', () => {
    expect(tallyTests(report(false, [['passed', 'passed']]))).toEqual({ passed: 1, failed: 1 });
    expect(tallyTests(null)).toEqual({ passed: 0, failed: 1 });
  });
});

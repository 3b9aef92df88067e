export interface Tally {
  readonly passed: number;
  readonly failed: number;
}

/** The part of vitest's JSON report that says how it went. */
export interface TestReport {
  readonly success: boolean;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

/**
 * Passed and failed tests. A file that could not be loaded, and a run that failed for a reason no test shows (an error
 * nobody caught), count as one failure each; so does a run that left no report.
 */
export function tallyTests(report: TestReport | null): Tally {
  if (report === null) return { passed: 0, failed: 1 };
  const broken = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((assertion) => assertion.status === 'failed'),
  );
  const failed = report.numFailedTests + broken.length;
  return { passed: report.numPassedTests, failed: failed === 0 && !report.success ? 1 : failed };
}

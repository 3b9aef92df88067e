import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Checks } from './checks.ts';
import { type Finished, run } from './child-process.ts';
import { findOlderNode, installTarball, packTwice, runDemo, startAndStop, tellVersion, turnedAway } from './tarball.ts';
import { type TestReport, tallyTests } from './test-report.ts';

/**
 * What .ci/run does after the tests, inside an npm script so that it runs on the Node of package.json: the linters,
 * then the package as its users get it. Prints the sum of tests and checks as `N passed, N failed`.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'rotato-ci-'));
const MINUTE_MS = 60_000;

async function npmScript(name: string): Promise<void> {
  const finished = await run('npm', ['run', '-s', name], { cwd: root, timeoutMs: 5 * MINUTE_MS });
  if (finished.code !== 0) throw new Error(outputOf(finished));
}

function outputOf({ stdout, stderr }: Finished): string {
  return `${stdout}\n${stderr}`.trim();
}

function testTally() {
  const path = process.env.ROTATO_TEST_REPORT;
  if (path === undefined) return { passed: 0, failed: 0 };
  return tallyTests(existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as TestReport) : null);
}

const checks = new Checks(testTally());
try {
  await checks.check('lint', () => npmScript('lint'));
  await checks.check('typecheck', () => npmScript('typecheck'));
  const tarball = await checks.check('two builds give the same tarball, with nothing in it but what is listed', () =>
    packTwice(root, scratch),
  );
  if (tarball !== null) {
    const home = join(scratch, 'installed');
    mkdirSync(home);
    const place = { ...tarball, home };
    await checks.check('the tarball installs alone, offline and without scripts', () => installTarball(place));
    await checks.check('rotato --version', () => tellVersion(place));
    await checks.check('rotato demo', () => runDemo(place));
    await checks.check('rotato start answers, and stops at SIGTERM', () => startAndStop(place));
    const older = await findOlderNode();
    if (older !== null) {
      await checks.check(`Node ${older.version} is turned away with the remedy`, () => turnedAway(place, older));
    }
  }
} finally {
  rmSync(scratch, { recursive: true });
}
const { passed, failed } = checks.tally;
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

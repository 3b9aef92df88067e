import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Finished, Running, run } from './child-process.ts';
import { BUILT_FILES } from './package-files.ts';

/** A packed package, and the empty folder it is tried in. */
export interface Tarball {
  /** Absolute. */
  readonly path: string;
  readonly version: string;
}

export interface InstalledTarball extends Tarball {
  readonly home: string;
}

const MINUTE_MS = 60_000;
const OLDEST_NODE = 24;

/** Everything the published package may hold, besides what `dist` is built from. */
const PACKED_FILES = ['LICENSE', 'README.md', 'docs/rotato.schema.json', 'package.json'];

interface PackReport {
  readonly filename: string;
  readonly version: string;
  readonly integrity: string;
  readonly files: readonly { readonly path: string }[];
}

/** Builds and packs twice. Throws when the two differ, or when a file is missing or one too many. */
export async function packTwice(root: string, folder: string): Promise<Tarball> {
  const first = await pack(root, folder);
  const second = await pack(root, folder);
  if (first.integrity !== second.integrity) throw new Error(`${first.integrity}\n${second.integrity}`);
  const expected = [...PACKED_FILES, ...Object.values(BUILT_FILES).map((file) => `dist/${file}`)].sort();
  const found = second.files.map(({ path }) => path).sort();
  if (found.join() !== expected.join()) {
    throw new Error(`Packed: ${found.join(', ')}\nExpected: ${expected.join(', ')}`);
  }
  return { path: join(folder, second.filename), version: second.version };
}

async function pack(root: string, folder: string): Promise<PackReport> {
  const options = { cwd: root, timeoutMs: MINUTE_MS };
  expectSuccess(await run('npm', ['run', '-s', 'build'], options));
  const packed = expectSuccess(await run('npm', ['pack', '--json', '--pack-destination', folder], options));
  const [report] = Object.values(JSON.parse(packed.stdout) as Record<string, PackReport>);
  if (report === undefined) throw new Error(`npm pack reported nothing:\n${packed.stdout}`);
  return report;
}

export async function installTarball({ path, home }: InstalledTarball): Promise<void> {
  const args = ['install', '--prefix', home, '--ignore-scripts', '--offline', '--no-audit', '--no-fund', path];
  expectSuccess(await run('npm', args, { cwd: home, timeoutMs: MINUTE_MS }));
  const installed = readdirSync(join(home, 'node_modules')).filter((name) => !name.startsWith('.'));
  if (installed.join() !== 'rotato') throw new Error(`Installed beside it: ${installed.join(', ')}`);
}

export async function tellVersion({ home, version }: InstalledTarball): Promise<void> {
  const { stdout } = expectSuccess(await run(commandIn(home), ['--version'], { cwd: home, timeoutMs: MINUTE_MS }));
  if (stdout !== `${version}\n`) throw new Error(`It says ${stdout}, and package.json ${version}.`);
}

/** The demo's own promise is to be over in half a minute; a busy machine gets twice that. */
export async function runDemo({ home }: InstalledTarball): Promise<void> {
  const { stdout } = expectSuccess(await run(commandIn(home), ['demo'], { cwd: home, timeoutMs: MINUTE_MS }));
  console.log(stdout);
}

export async function startAndStop({ home }: InstalledTarball): Promise<void> {
  const rotato = new Running(commandIn(home), ['start', '--port', '0'], { cwd: home, timeoutMs: MINUTE_MS });
  const [, url] = await rotato.printed(/listening on (http:\/\/\S+)/);
  const { status } = await fetch(`${url}/healthz`);
  rotato.stop('SIGTERM');
  const finished = expectSuccess(await rotato.finished);
  if (status !== 200) throw new Error(`/healthz answered ${status}.`);
  if (!finished.stderr.includes('SIGTERM received')) throw new Error(`It logged no stop:\n${finished.stderr}`);
}

export interface OlderNode {
  readonly path: string;
  readonly version: string;
}

/** One on the path that rotato does not run on; null where there is none to try. */
export async function findOlderNode(): Promise<OlderNode | null> {
  const candidates = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'node'));
  for (const path of candidates.filter((candidate) => existsSync(candidate))) {
    const { stdout } = await run(path, ['-p', 'process.versions.node'], { cwd: '/', timeoutMs: MINUTE_MS });
    const version = stdout.trim();
    if (Number.parseInt(version, 10) < OLDEST_NODE) return { path, version };
  }
  return null;
}

export async function turnedAway({ home }: InstalledTarball, older: OlderNode): Promise<void> {
  const launcher = join(home, 'node_modules/rotato/dist', BUILT_FILES.launcher);
  const { code, stderr } = await run(older.path, [launcher, '--version'], { cwd: home, timeoutMs: MINUTE_MS });
  if (code !== 2 || !stderr.includes(older.version) || !stderr.includes('https://nodejs.org')) {
    throw new Error(`It ended with ${code}:\n${stderr}`);
  }
}

/** As npm links it for the user's shell. */
function commandIn(home: string): string {
  return join(home, 'node_modules/.bin/rotato');
}

function expectSuccess(finished: Finished): Finished {
  if (finished.code !== 0) throw new Error(`Exit code ${finished.code}:\n${finished.stdout}${finished.stderr}`.trim());
  return finished;
}

import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Finished, Running, run } from './child-process.ts';
import { BUILT_FILES, PANEL_FOLDER } from './package-files.ts';
import { listFiles } from './panel.ts';

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
  const built = [...Object.values(BUILT_FILES), ...(await panelFiles(root))];
  const expected = [...PACKED_FILES, ...built.map((file) => `dist/${file}`)].sort();
  const found = second.files.map(({ path }) => path).sort();
  if (found.join() !== expected.join()) {
    throw new Error(`Packed: ${found.join(', ')}\nExpected: ${expected.join(', ')}`);
  }
  return { path: join(folder, second.filename), version: second.version };
}

/** Throws for one that a browser would not ask for: a source map, a source, a leftover. */
async function panelFiles(root: string): Promise<string[]> {
  const files = await listFiles(join(root, 'dist', PANEL_FOLDER));
  const odd = files.filter((file) => !/^(?:index\.html|[\w./-]+\.(?:js|css|svg|png|woff2)(?:\.br|\.gz)?)$/.test(file));
  if (odd.length > 0 || !files.includes('index.html')) throw new Error(`Odd files of the panel: ${odd.join(', ')}`);
  return files.map((file) => `${PANEL_FOLDER}/${file}`);
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
  await expectPanel(`${url}/admin`);
  rotato.stop('SIGTERM');
  const finished = expectSuccess(await rotato.finished);
  if (status !== 200) throw new Error(`/healthz answered ${status}.`);
  if (!finished.stderr.includes('SIGTERM received')) throw new Error(`It logged no stop:\n${finished.stderr}`);
}

/** The page, the files it names, and an API that lets nobody in who has not signed in. */
async function expectPanel(url: string): Promise<void> {
  const page = await fetch(url);
  const html = await page.text();
  const files = [...html.matchAll(/(?:src|href)="(\/admin\/[^"]+)"/g)].map(([, path]) => path as string);
  if (page.status !== 200 || files.length === 0) throw new Error(`${url} answered ${page.status}:\n${html}`);
  for (const file of files) {
    const { status, headers } = await fetch(new URL(file, url));
    if (status !== 200) throw new Error(`The panel's page names ${file}, which answered ${status}.`);
    const large = Number(headers.get('content-length')) > 20_000;
    if (large && file.endsWith('.js') && headers.get('content-encoding') === null) {
      throw new Error(`${file} is not sent compressed.`);
    }
  }
  const { status } = await fetch(`${url}/api/providers`);
  if (status !== 401) throw new Error(`The admin API answered ${status} to somebody who has not signed in.`);
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

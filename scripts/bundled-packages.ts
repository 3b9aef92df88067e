import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LLHTTP_NOTICE, NOTICES_NOT_SHIPPED } from './notices-not-shipped.ts';

/** One library inside the bundle. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** SPDX identifier. */
  readonly licence: string;
  /** `sha512-…` of the tarball it was installed from, as the lock file has it. */
  readonly integrity: string;
  /** Names of its own dependencies, whether bundled or not. */
  readonly dependencies: readonly string[];
  readonly homepage: string | null;
  /** Licence and notice files, whole, in the order of their names. */
  readonly notices: readonly string[];
  readonly embedded: readonly EmbeddedCode[];
}

/** Code of others that a library carries compiled, so that no package of its own is seen. */
export interface EmbeddedCode {
  readonly name: string;
  readonly purl: string;
  readonly licence: string;
  readonly notice: string;
}

/** Licences that allow passing the code on inside an MIT package, given their text goes with it. */
const ALLOWED_LICENCES = new Set([
  'MIT',
  'ISC',
  '0BSD',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'Unlicense',
]);

const NOTICE_FILE = /^(?:licen[cs]e|notice|copying)(?:[.-].*)?$/i;

/** undici carries its HTTP parser as WebAssembly. */
const EMBEDDED: ReadonlyMap<string, readonly EmbeddedCode[]> = new Map([
  ['undici', [{ name: 'llhttp', purl: 'pkg:github/nodejs/llhttp', licence: 'MIT', notice: LLHTTP_NOTICE }]],
]);

/**
 * The libraries that `inputs`, paths relative to `root`, belong to, sorted by name. Throws for one that may not be
 * passed on as it is: an unknown licence, no licence text, or nothing in the lock file to vouch for it.
 */
export function bundledPackages(root: string, inputs: Iterable<string>): BundledPackage[] {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as LockFile;
  const folders = new Set([...inputs].map(packageFolder).filter((folder) => folder !== null));
  return [...folders].map((folder) => readPackage(root, folder, lock)).sort(byNameAndVersion);
}

/** `node_modules/@scope/name` of a path inside it, the innermost; null for a source of our own. */
export function packageFolder(path: string): string | null {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0] ?? null;
}

interface LockFile {
  readonly packages: Readonly<Record<string, { readonly version?: string; readonly integrity?: string } | undefined>>;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: unknown;
  readonly homepage?: unknown;
  readonly dependencies?: Readonly<Record<string, string>>;
}

function readPackage(root: string, folder: string, lock: LockFile): BundledPackage {
  const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest;
  const { name, version, license, homepage, dependencies = {} } = manifest;
  const locked = lock.packages[folder];
  if (locked?.integrity === undefined || locked.version !== version) {
    throw new Error(`${folder} is ${version}, which package-lock.json does not vouch for. Run npm ci.`);
  }
  if (typeof license !== 'string' || !ALLOWED_LICENCES.has(license)) {
    throw new Error(`${name} has the licence ${JSON.stringify(license)}; read it before it goes into the package.`);
  }
  const shipped = readdirSync(join(root, folder))
    .filter((file) => NOTICE_FILE.test(file))
    .sort()
    .map((file) => readFileSync(join(root, folder, file), 'utf8'));
  const notices = shipped.length > 0 ? shipped : (NOTICES_NOT_SHIPPED.get(name) ?? []);
  if (notices.length === 0) throw new Error(`${name} comes without the text of its licence, which must go with it.`);
  return {
    name,
    version,
    licence: license,
    integrity: locked.integrity,
    dependencies: Object.keys(dependencies).sort(),
    homepage: typeof homepage === 'string' ? homepage : null,
    notices,
    embedded: EMBEDDED.get(name) ?? [],
  };
}

function byNameAndVersion(a: BundledPackage, b: BundledPackage): number {
  const [left, right] = [`${a.name}@${a.version}`, `${b.name}@${b.version}`];
  return left < right ? -1 : Number(left > right);
}

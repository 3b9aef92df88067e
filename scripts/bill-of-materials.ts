import type { BundledPackage, EmbeddedCode } from './bundled-packages.ts';

export interface PackageIdentity {
  readonly name: string;
  readonly version: string;
  readonly license: string;
}

/**
 * What the bundle is made of, as CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/). It holds no date and no random
 * serial number, so that two builds of the same sources are the same bytes.
 */
export function renderBillOfMaterials(program: PackageIdentity, packages: readonly BundledPackage[]): string {
  const self = npmUrl(program.name, program.version);
  const document = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      lifecycles: [{ phase: 'build' }],
      component: {
        type: 'application',
        'bom-ref': self,
        name: program.name,
        version: program.version,
        licenses: [{ license: { id: program.license } }],
        purl: self,
      },
    },
    components: packages.map(libraryComponent),
    dependencies: [
      { ref: self, dependsOn: packages.map(({ name, version }) => npmUrl(name, version)) },
      ...packages.map((library) => dependenciesOf(library, packages)),
    ],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function libraryComponent({ name, version, licence, integrity, homepage, embedded }: BundledPackage) {
  const purl = npmUrl(name, version);
  return {
    type: 'library',
    'bom-ref': purl,
    name,
    version,
    hashes: [{ alg: 'SHA-512', content: Buffer.from(integrity.replace(/^sha512-/, ''), 'base64').toString('hex') }],
    licenses: [{ license: { id: licence } }],
    purl,
    ...(homepage !== null && { externalReferences: [{ type: 'website', url: homepage }] }),
    ...(embedded.length > 0 && { components: embedded.map(embeddedComponent) }),
  };
}

function embeddedComponent({ name, purl, licence }: EmbeddedCode) {
  return { type: 'library', 'bom-ref': purl, name, licenses: [{ license: { id: licence } }], purl };
}

/** Only what is in the bundle: a dependency that bundling left out is not part of the program. */
function dependenciesOf({ name, version, dependencies }: BundledPackage, packages: readonly BundledPackage[]) {
  const bundled = packages.filter((other) => dependencies.includes(other.name));
  return { ref: npmUrl(name, version), dependsOn: bundled.map((other) => npmUrl(other.name, other.version)) };
}

function npmUrl(name: string, version: string): string {
  return `pkg:npm/${name.replace(/^@/, '%40')}@${version}`;
}

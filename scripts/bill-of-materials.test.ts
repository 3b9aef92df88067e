import { describe, expect, it } from 'vitest';
import { renderBillOfMaterials } from './bill-of-materials.ts';
import type { BundledPackage } from './bundled-packages.ts';

const LIBRARY: BundledPackage = {
  name: '@scope/one',
  version: '1.2.3',
  licence: 'ISC',
  integrity: 'sha512-3q2+7w==',
  dependencies: ['not-bundled', 'two'],
  homepage: 'https://one.example',
  notices: ['terms'],
  embedded: [{ name: 'parser', purl: 'pkg:github/a/parser', licence: 'MIT', notice: 'terms' }],
};
const OTHER: BundledPackage = { ...LIBRARY, name: 'two', dependencies: [], homepage: null, embedded: [] };

function bill() {
  const program = { name: 'rotato', version: '7.0.0', license: 'MIT' };
  return JSON.parse(renderBillOfMaterials(program, [LIBRARY, OTHER]));
}

describe('renderBillOfMaterials', () => {
  it('names the program and every library with its hash, licence and package URL', () => {
    const { bomFormat, specVersion, metadata, components } = bill();
    expect({ bomFormat, specVersion }).toEqual({ bomFormat: 'CycloneDX', specVersion: '1.6' });
    expect(metadata.component).toMatchObject({ name: 'rotato', version: '7.0.0', purl: 'pkg:npm/rotato@7.0.0' });
    expect(components).toHaveLength(2);
    expect(components[0]).toMatchObject({
      'bom-ref': 'pkg:npm/%40scope/one@1.2.3',
      hashes: [{ alg: 'SHA-512', content: 'deadbeef' }],
      licenses: [{ license: { id: 'ISC' } }],
      components: [{ name: 'parser', purl: 'pkg:github/a/parser' }],
    });
  });

  it('draws dependencies between components that are there, and no others', () => {
    const { components, dependencies, metadata } = bill();
    const known = [metadata.component, ...components].map((component) => component['bom-ref']);
    expect(dependencies).toEqual([
      { ref: 'pkg:npm/rotato@7.0.0', dependsOn: ['pkg:npm/%40scope/one@1.2.3', 'pkg:npm/two@1.2.3'] },
      { ref: 'pkg:npm/%40scope/one@1.2.3', dependsOn: ['pkg:npm/two@1.2.3'] },
      { ref: 'pkg:npm/two@1.2.3', dependsOn: [] },
    ]);
    expect(known).toEqual(dependencies.map(({ ref }: { ref: string }) => ref));
  });
});

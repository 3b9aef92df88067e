import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
}

function readJson(file: string) {
  return JSON.parse(readFileSync(new URL(`../${file}`, import.meta.url), 'utf8'));
}

describe('package-lock.json', () => {
  const packages = Object.entries(readJson('package-lock.json').packages as Record<string, Locked>).filter(
    ([folder]) => folder !== '',
  );

  it('vouches for every package by its hash', () => {
    const unvouched = packages.filter(([, { integrity }]) => integrity?.startsWith('sha512-') !== true);
    expect(unvouched.map(([folder]) => folder)).toEqual([]);
  });

  it('takes packages from the npm registry over https, and from nowhere else', () => {
    const strangers = packages.filter(
      ([, { resolved, link }]) =>
        link === true || (resolved !== undefined && !resolved.startsWith('https://registry.npmjs.org/')),
    );
    expect(strangers.map(([folder]) => folder)).toEqual([]);
  });
});

describe('package.json', () => {
  it('pins every dependency to one exact version', () => {
    const { devDependencies } = readJson('package.json') as { devDependencies: Record<string, string> };
    expect(Object.entries(devDependencies).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });
});

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const launcher = fileURLToPath(new URL('launcher.mjs', import.meta.url));
const manifest = new URL('../package.json', import.meta.url);

/** Runs the launcher under this Node, which says it is another one. */
function launchOn(version: string) {
  const disguise = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`;
  const preload = `data:text/javascript,${encodeURIComponent(disguise)}`;
  return spawnSync(process.execPath, ['--import', preload, launcher, '--version'], { encoding: 'utf8' });
}

describe('launcher', () => {
  it.each(['18.0.0', '20.20.2', '23.11.1'])('turns Node %s away with exit code 2 and the remedy', (version) => {
    const { status, stdout, stderr } = launchOn(version);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(`needs Node.js 24 or newer; this is Node.js ${version}`);
    expect(stderr).toContain('https://nodejs.org');
  });

  it.each(['24.0.0', '100.1.0'])('lets Node %s through to the bundle beside it', (version) => {
    const { stderr } = launchOn(version);
    expect(stderr).toContain('main.mjs');
    expect(stderr).not.toContain('or newer');
  });

  it('asks for the version that package.json names', () => {
    const { engines } = JSON.parse(readFileSync(manifest, 'utf8')) as { engines: { node: string } };
    const needed = /NEEDED = (\d+)/.exec(readFileSync(launcher, 'utf8'))?.[1];
    expect(engines.node).toBe(`>=${needed}`);
  });
});

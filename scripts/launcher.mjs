#!/usr/bin/env node
// The published command. It has to run on the very versions it turns away, so its syntax is older than all of them:
// what does not parse there could not say what is wrong. scripts/launcher.test.ts keeps NEEDED and package.json equal.
const NEEDED = 24;
const found = process.versions.node;

if (Number.parseInt(found, 10) < NEEDED) {
  process.stderr.write(
    [
      `rotato needs Node.js ${NEEDED} or newer; this is Node.js ${found} (${process.execPath}).`,
      `Install a newer one from https://nodejs.org or with a version manager ("nvm install ${NEEDED}", "fnm install ${NEEDED}",`,
      `"volta install node@${NEEDED}"), then run the same command again.`,
      '',
    ].join('\n'),
  );
  process.exitCode = 2;
} else {
  // Reports of faults then name lines of the sources, not of the bundle.
  process.setSourceMapsEnabled(true);
  await import('./main.mjs');
}

import { existsSync } from 'node:fs';
import type { Browser } from 'playwright-core';

const SYSTEM_LIBRARIES = [
  '/lib/x86_64-linux-gnu/libnss3.so',
  '/usr/lib/x86_64-linux-gnu/libnss3.so',
  '/usr/lib64/libnss3.so',
];

const UNWANTED_ARGS = ['--single-process', '--no-zygote', '--disable-web-security', '--disable-site-isolation'];

/**
 * A real Chromium, whose binary comes inside an npm package. Names of hosts given in `hosts` lead to this machine;
 * no other name leads anywhere.
 */
export async function launchBrowser(hosts: readonly string[] = []): Promise<Browser> {
  // The package brings the libraries Chromium needs as well, but unpacks them only where it believes to be in a Lambda.
  if (!SYSTEM_LIBRARIES.some((path) => existsSync(path))) process.env.AWS_EXECUTION_ENV ??= 'AWS_Lambda_nodejs22.x';
  const { default: chromium } = await import('@sparticuz/chromium');
  const { chromium: playwright } = await import('playwright-core');
  const rules = [
    ...hosts.map((host) => `MAP ${host} 127.0.0.1`),
    'EXCLUDE 127.0.0.1',
    'EXCLUDE localhost',
    'MAP * ~NOTFOUND',
  ];
  return playwright.launch({
    executablePath: await chromium.executablePath(),
    args: [
      // Closing a page would end a browser of one process, and its security is what is tested here.
      ...chromium.args.filter((arg) => !UNWANTED_ARGS.some((unwanted) => arg.startsWith(unwanted))),
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      `--host-resolver-rules=${rules.join(', ')}`,
    ],
    headless: true,
  });
}

import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { type AdminBench, type AdminBenchOptions, startAdminBench } from './admin-bench.ts';
import type { AdminClient } from './admin-client.ts';
import { launchBrowser } from './browser.ts';
import { builtPanel } from './panel-build.ts';

/** For whatever a page is about to show, on a machine that is busy with other things. */
export const PATIENCE_MS = 60_000;
/** For a test of many steps; vitest's own limit is meant for those without a browser. */
export const STORY_MS = 180_000;

export interface VisitOptions extends BrowserContextOptions {
  /** Whose session the browser has; null for one that has to sign in. The bench's own by default. */
  readonly as?: AdminClient | null;
  /** Runs in every page before its own: what looks at it from within. */
  readonly script?: string;
  /** Complaints that are the point of the test. */
  readonly excuse?: RegExp;
}

/** One browser for a file of tests; what a page complains of fails the test that opened it. */
export interface PanelVisits {
  /** A rotato that serves the panel as it is built. Closed after the file. */
  start(options?: AdminBenchOptions): Promise<AdminBench>;
  /** A browser profile of its own, at `path` below /admin. Closed after the test. */
  open(bench: Pick<AdminBench, 'rotato' | 'admin'>, path?: string, options?: VisitOptions): Promise<Page>;
}

/** To be called where a file declares its tests. */
export function visitPanels(): PanelVisits {
  const benches: AdminBench[] = [];
  let panelFolder = '';
  let browser: Browser | null = null;
  let contexts: BrowserContext[] = [];
  let complaints: string[] = [];

  beforeAll(async () => {
    [panelFolder, browser] = await Promise.all([builtPanel(), launchBrowser()]);
  }, STORY_MS);

  afterEach(async ({ task }) => {
    const said = complaints;
    if (task.result?.state === 'fail') said.push(...(await Promise.all(contexts.map(describePages))));
    await Promise.all(contexts.map((context) => context.close()));
    contexts = [];
    complaints = [];
    expect(said).toEqual([]);
  }, STORY_MS);

  afterAll(async () => {
    await browser?.close();
    await Promise.all(benches.map((bench) => bench[Symbol.asyncDispose]()));
  }, STORY_MS);

  return {
    async start(options = {}) {
      const bench = await startAdminBench({ ...options, panelFolder });
      benches.push(bench);
      return bench;
    },
    async open(bench, path = '', { as = bench.admin, excuse, script, ...options } = {}) {
      if (browser === null) throw new Error('The browser is launched before the tests, not while they are declared.');
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
      contexts.push(context);
      context.setDefaultTimeout(PATIENCE_MS);
      listen(context, bench.rotato.url, (complaint) => {
        if (excuse?.test(complaint) !== true) complaints.push(complaint);
      });
      if (script !== undefined) await context.addInitScript({ content: script });
      if (as !== null) await context.addCookies([sessionCookie(as, bench.rotato.url)]);
      const page = await context.newPage();
      await page.goto(`${bench.rotato.url}/admin${path}`);
      return page;
    },
  };
}

/** Printed with a failure: what a reader of the screen would be told. */
async function describePages(context: BrowserContext): Promise<string> {
  const pages = context.pages().map(async (page) => `${page.url()}\n${await page.locator('body').ariaSnapshot()}`);
  return `It showed ${(await Promise.all(pages)).join('\n')}`;
}

/** Whatever a page should never do: log errors, break its policy, throw, open dialogs, or ask another host. */
function listen(context: BrowserContext, origin: string, complain: (what: string) => void): void {
  context.on('console', (message) => {
    // The browser notes every refusal; what the panel makes of it, it says on the page.
    const isRefusal = /^Failed to load resource: the server responded with a status of 4\d\d/.test(message.text());
    if (message.type() === 'error' && !isRefusal) complain(`console: ${message.text()}`);
  });
  context.on('weberror', (error) => complain(`uncaught: ${error.error()}`));
  context.on('dialog', (dialog) => complain(`dialog: ${dialog.message()}`));
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (url.origin !== origin && url.protocol !== 'blob:' && url.protocol !== 'data:') complain(`asked ${url.origin}`);
  });
}

function sessionCookie(admin: AdminClient, origin: string) {
  const [name = '', value = ''] = (admin.credentials.cookie ?? '').split('=', 2);
  const { hostname } = new URL(origin);
  return { name, value, domain: hostname, path: '/admin', httpOnly: true, sameSite: 'Strict' as const };
}

/** What is read from a page, again and again until it is as expected. */
export function soon<Value>(read: () => Promise<Value> | Value) {
  return expect.poll(read, { timeout: PATIENCE_MS, interval: 50 });
}

/** Resolves once it can be seen. */
export async function seen(locator: Locator): Promise<void> {
  await locator.first().waitFor({ state: 'visible' });
}

/** Resolves once it cannot. */
export async function gone(locator: Locator): Promise<void> {
  await locator.first().waitFor({ state: 'hidden' });
}

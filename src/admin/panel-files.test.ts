import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, get, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asRotatoError } from '../errors.ts';
import { PanelFiles } from './panel-files.ts';

const SCRIPT = `console.log("${'rotato '.repeat(400)}")`;
const PAGE =
  '<meta nonce="__CSP_NONCE__"><script src="/admin/assets/a1.js"></script><style nonce="__CSP_NONCE__"></style>';

let folder: string;
let server: Server;
let base: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rotato-panel-'));
  const panel = join(folder, 'panel');
  mkdirSync(join(panel, 'assets'), { recursive: true });
  writeFileSync(join(folder, 'secret.txt'), 'beside the panel');
  symlinkSync(join(folder, 'secret.txt'), join(panel, 'assets/link.txt'));
  writeFileSync(join(panel, 'index.html'), PAGE);
  writeFileSync(join(panel, 'icon.svg'), '<svg/>');
  writeFileSync(join(panel, 'assets/a1.js'), SCRIPT);
  writeFileSync(join(panel, 'assets/a1.js.br'), brotliCompressSync(SCRIPT));
  writeFileSync(join(panel, 'assets/a1.js.gz'), gzipSync(SCRIPT));
  const files = new PanelFiles(panel);
  server = createServer((incoming, reply) => {
    files.serve(incoming.url ?? '', incoming, reply).catch((error) => {
      reply.writeHead(asRotatoError(error).status).end(asRotatoError(error).message);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

/** As a client that changes nothing of a path would ask. */
function ask(path: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(base, { path, headers, agent: false }, resolve).on('error', reject);
  });
}

describe('PanelFiles', () => {
  it('sends a hashed file to be kept for ever, in the best encoding that is taken', async () => {
    const plain = await ask('/assets/a1.js');
    expect(plain.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
      vary: 'Accept-Encoding',
    });
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect((await buffer(plain)).toString()).toBe(SCRIPT);

    const best = await ask('/assets/a1.js', { 'accept-encoding': 'gzip, deflate, br' });
    expect(best.headers['content-encoding']).toBe('br');
    expect(brotliDecompressSync(await buffer(best)).toString()).toBe(SCRIPT);

    const second = await ask('/assets/a1.js', { 'accept-encoding': 'br;q=0, gzip;q=0.5' });
    expect(second.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(await buffer(second)).toString()).toBe(SCRIPT);
  });

  it('has whatever keeps its name looked at anew', async () => {
    expect((await ask('/icon.svg')).headers).toMatchObject({
      'content-type': 'image/svg+xml',
      'cache-control': 'no-cache',
    });
  });

  it('answers each path of the panel with its page, under a nonce of its own', async () => {
    const nonces = new Set<string>();
    for (const path of ['/', '/providers', '/providers/open.ai', '/providers/a%20b/keys', '/settings/']) {
      const reply = await ask(path);
      const html = (await buffer(reply)).toString();
      const [, nonce = ''] = /'nonce-([^']+)'/.exec(String(reply.headers['content-security-policy'])) ?? [];
      expect(Buffer.from(nonce, 'base64')).toHaveLength(16);
      expect(html).toBe(PAGE.replaceAll('__CSP_NONCE__', nonce));
      expect(reply.headers['cache-control']).toBe('no-store');
      nonces.add(nonce);
    }
    expect(nonces.size).toBe(5);
  });

  it('runs scripts of its own files alone', async () => {
    const { headers } = await ask('/');
    const policy = String(headers['content-security-policy']).replace(/'nonce-[^']+'/, "'nonce-N'");
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self' 'nonce-N'",
      "connect-src 'self'",
      "img-src 'self' data:",
      "font-src 'self'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "form-action 'self'",
    ]);
    expect(headers).toMatchObject({ 'x-frame-options': 'DENY', 'referrer-policy': 'no-referrer' });
  });

  it('answers HEAD without a body and takes no other method', async () => {
    const head = await new Promise<IncomingMessage>((resolve) => {
      request(base, { path: '/assets/a1.js', method: 'HEAD', agent: false }, resolve).end();
    });
    expect(head.headers['content-length']).toBe(String(SCRIPT.length));
    expect(await buffer(head)).toHaveLength(0);
    expect((await fetch(`${base}/`, { method: 'POST' })).status).toBe(405);
  });

  it('knows no file that a build does not name, nor what a link in it leads to', async () => {
    for (const path of [
      '/assets/a2.js',
      '/assets/',
      '/assets/link.txt',
      '/assets/a1.js.br/',
      '/.env',
      '/a/.git/config',
    ]) {
      expect((await ask(path)).statusCode, path).toBe(404);
    }
  });

  it('gives nothing from beside the panel, whatever the path', async () => {
    const part = fc.constantFrom(
      '..',
      '.',
      '%2e%2e',
      '..%2f',
      '%2f',
      '%5c',
      '..;',
      '%00',
      'assets',
      'secret.txt',
      '%c0%ae',
      '~',
      '',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 8 }), async (parts) => {
        const body = (await buffer(await ask(`/${parts.join('/')}`))).toString();
        expect(body).not.toContain('beside the panel');
      }),
      { seed: 4, numRuns: 500 },
    );
  });

  it('says how to build a panel that is not there', async () => {
    const missing = new PanelFiles(join(folder, 'nowhere')).serve('/', { method: 'GET' } as never, {} as never);
    await expect(missing).rejects.toThrow('npm run build');
  });
});

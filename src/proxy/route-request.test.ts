import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { providerOf, snapshotOf, upstreamUrl } from '../../test/support/snapshot.ts';
import { RotatoError } from '../errors.ts';
import { checkTarget, joinTarget, routeRequest, splitTarget } from './route-request.ts';

const openai = providerOf();
const snapshot = snapshotOf({ providers: new Map([['openai', openai]]) });

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof RotatoError) return error.code;
    throw error;
  }
  return 'passes';
}

describe('checkTarget', () => {
  it.each([
    '/',
    '/openai',
    '/openai/chat/completions?a=1&a=2',
    '/openai//double//slashes/',
    '/openai/files/a%2Fb',
    '/openai/..%2Fsecret',
    '/openai/%2e%2e%2f',
    '/openai/...',
    '/openai/..x/x../a..b',
    '/openai/./x',
    '/openai/x?next=/../y&z=..',
    '/openai/x?q=a\\b&nul=%00',
    '/openai/__proto__/constructor',
    '//',
  ])('lets %s through', (target) => {
    expect(codeOf(() => checkTarget(target))).toBe('passes');
  });

  it.each([
    ['an absolute form', 'http://other.example/openai/x'],
    ['an asterisk', '*'],
    ['nothing', ''],
    ['no slash in front', 'openai/x'],
    ['a dot segment at the start', '/..'],
    ['a dot segment at the start, with more', '/../openai/x'],
    ['a dot segment in the middle', '/openai/../gemini/x'],
    ['a dot segment at the end', '/openai/x/..'],
    ['a dot segment before the query', '/openai/..?x=1'],
    ['an encoded dot segment', '/openai/%2e%2E/x'],
    ['a half-encoded dot segment', '/openai/.%2e/x'],
    ['the other half', '/openai/%2E./x'],
    ['a backslash', '/openai\\..\\x'],
    ['an encoded NUL', '/openai/%00'],
    ['a NUL', '/openai/\0'],
    ['a space', '/openai/a b'],
    ['a line end', '/openai/x\r\nHost: other'],
    ['a tab', '/openai/.\t./x'],
    ['a fragment', '/openai/x#y'],
    ['a fragment in the query', '/openai/x?a#b'],
    ['a letter outside ASCII', '/openai/é'],
  ])('refuses %s', (_what, target) => {
    expect(codeOf(() => checkTarget(target))).toBe('bad-request');
  });

  it('takes 16 KB and not a byte more', () => {
    const longest = `/${'a'.repeat(16 * 1024 - 1)}`;
    expect(codeOf(() => checkTarget(longest))).toBe('passes');
    expect(codeOf(() => checkTarget(`${longest}a`))).toBe('target-too-long');
  });
});

describe('splitTarget', () => {
  it.each([
    ['/openai/x', 'openai', '/x'],
    ['/OpenAI/X', 'openai', '/X'],
    ['/openai', 'openai', ''],
    ['/openai?x=1', 'openai', '?x=1'],
    ['/openai/', 'openai', '/'],
    ['/', '', ''],
    ['//', '', '/'],
    ['/%6fpenai/x', '%6fpenai', '/x'],
  ])('%s', (target, first, rest) => {
    expect(splitTarget(target)).toEqual({ first, rest });
  });
});

describe('routeRequest', () => {
  it('finds the provider whatever the case of its name, and leaves the rest as it is', () => {
    expect(routeRequest('/OpenAI/Chat/%2f?A=1', snapshot)).toEqual({ provider: openai, path: '/Chat/%2f?A=1' });
  });

  it.each(['/', '//', '//openai/x', '/openai.evil.example/x', '/__proto__/x', '/constructor', '/%6fpenai/x'])(
    'knows no provider in %s',
    (target) => {
      expect(codeOf(() => routeRequest(target, snapshot))).toBe('unknown-provider');
    },
  );

  it('names the providers there are', () => {
    expect(() => routeRequest('/opneai/x', snapshot)).toThrow('There is no provider "opneai". Configured: /openai.');
  });

  it.each([
    ['/x?key=secret', '/x'],
    ['/x?key=', '/x'],
    ['/x?key=secret&a=1', '/x?a=1'],
    ['/x?a=1&key=secret', '/x?a=1'],
    ['/x?a=%2f&key=s%26&b=+&b=2&', '/x?a=%2f&b=+&b=2&'],
    ['/x?key=one&key=two', '/x'],
    ['/x?&key=secret&', '/x?&'],
    ['?key=secret', ''],
    ['/x?monkey=1&Key=2&key', '/x?monkey=1&Key=2&key'],
    ['/x?a=key=1', '/x?a=key=1'],
    ['/key=1/x?', '/key=1/x?'],
  ])("takes the caller's key, and nothing else, out of %s", (rest, path) => {
    expect(routeRequest(`/openai${rest}`, snapshot).path).toBe(path);
  });

  it('takes exactly the key parameters out of any query', () => {
    const other = fc
      .stringMatching(/^[!-%'-~]{0,12}$/)
      .filter((text) => !text.startsWith('key=') && !text.includes('#'));
    const key = fc.stringMatching(/^key=[!-%'-~]{0,12}$/);
    fc.assert(
      fc.property(fc.array(fc.oneof(other, key), { minLength: 1 }), (parameters) => {
        const kept = parameters.filter((parameter) => !parameter.startsWith('key='));
        const expected = kept.length === 0 ? '/x' : `/x?${kept.join('&')}`;
        expect(routeRequest(`/openai/x?${parameters.join('&')}`, snapshot).path).toBe(expected);
      }),
    );
  });
});

describe('joinTarget', () => {
  it.each([
    // base URL, what follows the provider's name, request target upstream
    ['https://api.openai.com/v1', '/chat/completions', '/v1/chat/completions'],
    ['https://api.openai.com/v1/', '/chat/completions', '/v1/chat/completions'],
    ['https://api.openai.com/v1///', '/chat/completions', '/v1/chat/completions'],
    ['https://api.openai.com', '/chat/completions', '/chat/completions'],
    ['https://api.openai.com/', '/v1/chat/completions', '/v1/chat/completions'],
    ['https://api.openai.com/v1', '/v1/chat/completions', '/v1/chat/completions'],
    ['https://api.openai.com/v1', '/v1', '/v1'],
    ['https://api.openai.com/v1', '/v1/', '/v1/'],
    ['https://api.openai.com/v1', '/v1?x=1', '/v1?x=1'],
    ['https://api.openai.com/v1', '/v2/responses', '/v2/responses'],
    ['https://gemini.example/v1', '/v1beta/models/m:generateContent', '/v1beta/models/m:generateContent'],
    ['https://gemini.example/v1beta', '/v1alpha1/models', '/v1alpha1/models'],
    [
      'https://gemini.example/v1beta',
      '/models/m:streamGenerateContent?alt=sse',
      '/v1beta/models/m:streamGenerateContent?alt=sse',
    ],
    ['https://gemini.example/v1beta/openai', '/v1/models', '/v1beta/openai/v1/models'],
    ['https://api.groq.com/openai/v1', '/v1/models', '/openai/v1/models'],
    ['https://api.groq.com/openai/v1', '/models', '/openai/v1/models'],
    [
      'https://azure.example/openai/v1',
      '/deployments/d/x?api-version=2024-10-21',
      '/openai/v1/deployments/d/x?api-version=2024-10-21',
    ],
    ['https://host.example/api/v10', '/v2/x', '/api/v2/x'],
    ['https://host.example/v', '/v1/x', '/v/v1/x'],
    ['https://host.example/V1', '/v1/x', '/V1/v1/x'],
    ['https://host.example/v1', '/V1/x', '/v1/V1/x'],
    ['https://host.example/v1', '/vector_stores', '/v1/vector_stores'],
    ['https://host.example/v1', '/v1.5/x', '/v1/v1.5/x'],
    ['https://host.example/v1', '/v1%2Fx', '/v1/v1%2Fx'],
    ['https://host.example/v1', '//v1/x', '/v1//v1/x'],
    ['https://host.example/v1', '', '/v1'],
    ['https://host.example', '', '/'],
    ['https://host.example', '?x=1', '/?x=1'],
    ['https://host.example/v1', '?x=1', '/v1?x=1'],
    ['https://host.example/v1', '/', '/v1/'],
    ['https://host.example/v1', '/files/a%2Fb', '/v1/files/a%2Fb'],
    ['https://host.example/v1', '/..%2Fadmin', '/v1/..%2Fadmin'],
    ['https://host.example/v1', '//x///y//', '/v1//x///y//'],
    ['https://host.example', '//other.example/x', '//other.example/x'],
    ['https://host.example/v1', '/x?a=1&a=2&a', '/v1/x?a=1&a=2&a'],
    ['https://host.example/v1', '/x?', '/v1/x?'],
    ['https://host.example/v1', '/x?u=http://other.example/v1', '/v1/x?u=http://other.example/v1'],
    ['https://host.example/a%20b/v1', '/x', '/a%20b/v1/x'],
    ['https://host.example:8443/v1', '/@other.example/x', '/v1/@other.example/x'],
    ['http://[::1]:11434', ':80/x', '/:80/x'],
  ])('%s + %s', (base, path, target) => {
    expect(joinTarget(upstreamUrl(base).path, path)).toBe(target);
  });
});

describe('joinTarget, for what a vendor keeps beside its version', () => {
  it.each([
    ['https://gemini.example/v1beta', '/upload/v1beta/files?x=1', '/upload/v1beta/files?x=1'],
    ['https://gateway.example/gemini/v1beta', '/upload/v1/files', '/gemini/upload/v1/files'],
    ['https://gemini.example', '/upload/v1beta/files', '/upload/v1beta/files'],
    ['https://gemini.example/v1beta', '/uploads/x', '/v1beta/uploads/x'],
    ['https://gemini.example/v1beta', '/files/upload/x', '/v1beta/files/upload/x'],
  ])('%s + %s', (base, path, target) => {
    expect(joinTarget(upstreamUrl(base).path, path, ['/upload/'])).toBe(target);
  });
});

describe('any target', () => {
  const bases = ['https://host.example', 'https://host.example:8443/v1', 'http://[::1]:11434/api/v1beta'];
  const piece = fc.oneof(
    fc.constantFrom('/', '//', '..', '.', '%2e', '%2F', '%5c', '\\', '?', '#', '@', ':', ';', '%00', '%', ' ', '\t'),
    fc.constantFrom('http://', 'other.example', 'v1', 'v1beta', 'key=', '&', '\r\n', '[::1]', 'é', '\u2028', '~'),
    fc.string({ maxLength: 4 }),
  );
  const targets = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));

  it('reaches the configured origin, below the configured path, or nothing', () => {
    let served = 0;
    fc.assert(
      fc.property(
        targets,
        fc.constantFrom(...bases),
        fc.constantFrom('/openai', '/openai/', '/', ''),
        (rest, base, start) => {
          const url = upstreamUrl(base);
          const target = start + rest;
          const providers = new Map([['openai', providerOf({ baseUrl: url })]]);
          let path: string;
          try {
            checkTarget(target);
            path = routeRequest(target, snapshotOf({ providers })).path;
          } catch (error) {
            expect(error).toBeInstanceOf(RotatoError);
            return;
          }
          served++;
          const joined = joinTarget(url.path, path);
          // One request line, of which nothing can be taken for a header or another host …
          expect(joined).toMatch(/^\/[\x21-\x7e]*$/);
          // … and whoever parses it as a URL finds the origin of the configuration and nothing above its base path.
          const read = new URL(url.origin + joined);
          expect(read.origin).toBe(url.origin);
          expect(read.username + read.password + read.hash).toBe('');
          const above = url.path.slice(0, Math.max(0, url.path.lastIndexOf('/')));
          expect(`${read.pathname}/`.startsWith(`${above}/`)).toBe(true);
        },
      ),
      { numRuns: 10_000 },
    );
    expect(served).toBeGreaterThan(1_000);
  });
});

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { snapshotOf } from '../../test/support/snapshot.ts';
import { RotatoError } from '../errors.ts';
import type { ClientKey } from '../model/client-key.ts';
import { HeaderList } from '../model/header-list.ts';
import { authenticate, checkOrigin } from './authenticate.ts';

function errorOf(act: () => unknown): RotatoError | null {
  try {
    act();
  } catch (error) {
    if (error instanceof RotatoError) return error;
    throw error;
  }
  return null;
}

describe('Host', () => {
  const snapshot = snapshotOf({ hosts: new Set(['rotato.lan', '192.168.1.5', 'fd00::5']) });
  const codeFor = (...hosts: string[]) => {
    const headers = new HeaderList(hosts.flatMap((host) => ['Host', host]));
    return errorOf(() => checkOrigin(headers, snapshot))?.code ?? 'served';
  };

  it.each([
    'localhost',
    'localhost:8990',
    'LOCALHOST:8990',
    'app.localhost:8990',
    '127.0.0.1:8990',
    '127.8.7.6',
    '[::1]',
    '[::1]:8990',
    'rotato.lan',
    'Rotato.LAN:443',
    '192.168.1.5:8990',
    '[fd00::5]:8990',
  ])('%s is served', (host) => {
    expect(codeFor(host)).toBe('served');
  });

  it.each([
    'evil.example',
    'evil.example:8990',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'evil.example.localhost.',
    'notlocalhost',
    'rotato.lan.evil.example',
    'x.rotato.lan',
    '0.0.0.0',
    '192.168.1.50',
    '[::]',
    '[::1]evil.example',
    'localhost:evil.example',
    '[::1',
    '::1',
    'fd00::5',
    '[localhost]',
    '[]',
    '10127.0.0.1',
    ':8990',
    'localhost@evil.example',
    'evil.example/admin/api/session?.localhost',
    'evil.example@x.localhost',
    'a b.localhost',
  ])('%s is a name this server does not answer to', (host) => {
    expect(codeFor(host)).toBe('misdirected');
  });

  it('must be there, once', () => {
    expect(codeFor()).toBe('bad-request');
    expect(codeFor('')).toBe('bad-request');
    expect(codeFor('localhost', 'localhost')).toBe('bad-request');
    expect(codeFor('localhost', 'evil.example')).toBe('bad-request');
  });

  it('is named in the refusal, with the remedy', () => {
    const error = errorOf(() => checkOrigin(new HeaderList(['host', 'rotato.example']), snapshot));
    expect(error?.status).toBe(421);
    expect(error?.message).toContain('"rotato.example"');
    expect(error?.message).toContain('listen.hosts');
  });
});

describe('Origin and Sec-Fetch-Site', () => {
  const snapshot = snapshotOf({ cors: new Set(['https://app.example']), hosts: new Set(['rotato.lan']) });
  const HOST = 'localhost:8990';

  it.each([
    ['no page at all', HOST, {}],
    ['our own page', HOST, { origin: 'http://localhost:8990', 'sec-fetch-site': 'same-origin' }],
    ['our own page behind TLS', 'rotato.lan', { origin: 'https://rotato.lan', 'sec-fetch-site': 'same-origin' }],
    ['a page of a configured origin', HOST, { origin: 'https://app.example', 'sec-fetch-site': 'cross-site' }],
    ['an address typed into the browser', HOST, { 'sec-fetch-site': 'none' }],
  ])('%s may call', (_who, host, headers) => {
    const list = new HeaderList(['host', host, ...Object.entries(headers).flat()]);
    expect(errorOf(() => checkOrigin(list, snapshot))).toBeNull();
  });

  it.each([
    ['another site', { origin: 'https://evil.example' }],
    ['another site that claims to be the same', { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' }],
    ['another port of this machine', { origin: 'http://localhost:3000', 'sec-fetch-site': 'same-site' }],
    ['another name of this machine', { origin: 'http://127.0.0.1:8990' }],
    ['this machine without the port', { origin: 'http://localhost' }],
    ['a sandboxed frame or a file', { origin: 'null' }],
    ['nobody', { origin: '' }],
    ['a configured origin on another scheme', { origin: 'http://app.example' }],
    ['a configured origin on another port', { origin: 'https://app.example:8443' }],
    ['a name that begins like a configured one', { origin: 'https://app.example.evil.example' }],
    ['a name that ends like a configured one', { origin: 'https://evil.app.example' }],
    ['an image or form of another site', { 'sec-fetch-site': 'cross-site' }],
    ['our own page, fetched by another site', { origin: 'http://localhost:8990', 'sec-fetch-site': 'cross-site' }],
  ])('%s may not', (_who, headers) => {
    const list = new HeaderList(['host', HOST, ...Object.entries(headers).flat()]);
    expect(errorOf(() => checkOrigin(list, snapshot))?.status).toBe(403);
  });

  it('an origin in cors is no way round the check of Host', () => {
    const list = new HeaderList(['host', 'evil.example', 'origin', 'https://app.example']);
    expect(errorOf(() => checkOrigin(list, snapshot))?.status).toBe(421);
  });
});

function clientKey(name: string, secret: string): ClientKey {
  return { name, digest: createHash('sha256').update(secret).digest('hex'), providers: null, groups: null };
}

describe('access: open', () => {
  const snapshot = snapshotOf({ access: 'open' });

  it('serves anybody, whatever credential an SDK insists on sending', () => {
    expect(authenticate(new HeaderList(['authorization', 'Bearer anything']), '/openai/x', snapshot)).toBeNull();
    expect(authenticate(new HeaderList([]), '/openai/x?key=anything', snapshot)).toBeNull();
  });

  it.each([
    ['x-forwarded-for', '203.0.113.7'],
    ['X-Forwarded-For', ''],
    ['Forwarded', 'for=203.0.113.7'],
    ['VIA', '1.1 proxy'],
  ])('refuses what came through another proxy (%s), with the remedy', (name, value) => {
    const error = errorOf(() => authenticate(new HeaderList([name, value]), '/openai/x', snapshot));
    expect(error?.status).toBe(403);
    expect(error?.message).toContain('Create a client key');
  });
});

describe('access: keys', () => {
  const mine = clientKey('mine', 'rk-mine');
  const other = clientKey('other', 'rk-other');
  const clients = new Map([mine, other].map((client) => [client.digest, client]));
  const snapshot = snapshotOf({ access: 'keys', clients });
  const who = (headers: readonly string[], target = '/openai/x') =>
    authenticate(new HeaderList(headers), target, snapshot)?.name;

  it.each([
    ['a bearer token', ['Authorization', 'Bearer rk-mine'], '/openai/x'],
    ['a bearer token in lower case', ['authorization', 'bearer  rk-mine'], '/openai/x'],
    ['an authorization without a scheme', ['authorization', 'rk-mine'], '/openai/x'],
    ['x-api-key', ['X-Api-Key', 'rk-mine'], '/openai/x'],
    ['api-key', ['api-key', 'rk-mine'], '/openai/x'],
    ['x-goog-api-key', ['x-goog-api-key', 'rk-mine'], '/openai/x'],
    ['the query', [], '/openai/x?a=1&key=rk-mine'],
    ['the query, encoded', [], '/openai/x?key=rk%2Dmine'],
    ['a subprotocol', ['sec-websocket-protocol', 'realtime, openai-insecure-api-key.rk-mine'], '/openai/x'],
    ['the directive of the original', ['authorization', 'Bearer [ACCESS_KEY:rk-mine]sk-dummy'], '/openai/x'],
    ['one place when another holds a dummy', ['authorization', 'Bearer sk-dummy', 'x-api-key', 'rk-mine'], '/openai/x'],
  ])('recognises a client by %s', (_place, headers, target) => {
    expect(who(headers, target)).toBe('mine');
  });

  it.each([
    ['nothing', [], '/openai/x', 'A client key is needed'],
    ['an empty credential', ['authorization', 'Bearer ', 'x-api-key', ''], '/openai/x?key=', 'is needed'],
    ['a wrong key', ['authorization', 'Bearer rk-wrong'], '/openai/x', 'is not known here'],
    ['a prefix of a key', ['authorization', 'Bearer rk-min'], '/openai/x', 'is not known here'],
    ['a longer key', ['authorization', 'Bearer rk-mine2'], '/openai/x', 'is not known here'],
    ['another case', ['authorization', 'Bearer RK-MINE'], '/openai/x', 'is not known here'],
    ['the digest itself', ['authorization', `Bearer ${mine.digest}`], '/openai/x', 'is not known here'],
    ['a key in another header', ['x-client-key', 'rk-mine', 'cookie', 'key=rk-mine'], '/openai/x', 'is needed'],
    ['a key in the path', [], '/openai/key=rk-mine/x', 'is needed'],
    ['a property of every object', ['x-api-key', '__proto__'], '/openai/x', 'is not known here'],
  ])('refuses %s', (_what, headers, target, message) => {
    const error = errorOf(() => who(headers, target));
    expect(error?.status).toBe(401);
    expect(error?.message).toContain(message);
    expect(error?.message).not.toContain('rk-');
  });

  it('never lets an empty credential in, even should a client have an empty secret', () => {
    const empty = clientKey('empty', '');
    const careless = snapshotOf({ access: 'keys', clients: new Map([[empty.digest, empty]]) });
    const headers = new HeaderList(['authorization', '', 'x-api-key', '  ', 'api-key', '[ACCESS_KEY:]']);
    expect(errorOf(() => authenticate(headers, '/openai/x?key=', careless))?.status).toBe(401);
  });

  it('serves what came through another proxy, since a key is asked for', () => {
    expect(who(['x-forwarded-for', '203.0.113.7', 'via', '1.1 proxy', 'x-api-key', 'rk-other'])).toBe('other');
  });
});

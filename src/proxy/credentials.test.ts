import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeaderList } from '../model/header-list.ts';
import { readCredentials } from './credentials.ts';

const read = (headers: readonly string[], target = '/openai/x') => readCredentials(new HeaderList(headers), target);
const bearer = (text: string) => read(['authorization', `Bearer ${text}`]);

describe('the places a caller may put its key', () => {
  it('are all read, in their order, the query last', () => {
    const headers = ['x-api-key', 'b', 'Authorization', 'Bearer a', 'API-Key', 'c', 'X-Goog-Api-Key', 'd'];
    expect(read(headers, '/openai/x?a=1&key=e&key=f').credentials).toEqual(['b', 'a', 'c', 'd', 'e', 'f']);
  });

  it('may be used twice', () => {
    expect(read(['x-api-key', 'a', 'x-api-key', 'b']).credentials).toEqual(['a', 'b']);
  });

  it.each([
    ['Bearer', 'Bearer a'],
    ['bearer, spaced', 'bEARER \t a '],
    ['Basic', 'Basic a'],
    ['no scheme', 'a'],
  ])('an authorization with %s', (_what, value) => {
    expect(read(['authorization', value]).credentials).toEqual(['a']);
  });

  it.each([
    ['realtime, openai-insecure-api-key.a', ['a']],
    ['openai-insecure-api-key.a,openai-insecure-api-key.b', ['a', 'b']],
    ['realtime, openai-beta.realtime-v1', []],
    ['x-openai-insecure-api-key.a', []],
  ])('the subprotocol %s', (value, credentials) => {
    expect(read(['Sec-WebSocket-Protocol', value]).credentials).toEqual(credentials);
  });

  it.each([
    ['/x?key=a%20b', ['a b']],
    ['/x?key=a+b', ['a+b']],
    ['/x?key=%E0%A4%A', ['%E0%A4%A']],
    ['/x?key=a=b', ['a=b']],
    ['/x?key=', []],
    ['/x?key', []],
    ['/x?Key=a&monkey=b&a=key=c', []],
    ['/key=a', []],
  ])('the query of %s', (target, credentials) => {
    expect(read([], target).credentials).toEqual(credentials);
  });

  it('yield nothing that is empty or only spaces', () => {
    expect(read(['x-api-key', '', 'api-key', ' \t', 'authorization', 'Bearer  ']).credentials).toEqual([]);
  });
});

describe('the directives of the original', () => {
  it.each([
    // what stands in the header, credentials, list of statuses
    ['[STATUS_CODES:429,500-503,400=+,500+]', [], '429,500-503,400=+,500+'],
    ['[STATUS_CODES:429]sk-dummy', ['sk-dummy'], '429'],
    ['sk-dummy[STATUS_CODES:429]', ['sk-dummy'], '429'],
    ['[ACCESS_KEY:secret]', ['secret'], null],
    ['[ACCESS_KEY:secret]sk-dummy', ['secret', 'sk-dummy'], null],
    ['[ACCESS_KEY:secret][STATUS_CODES:500+]', ['secret'], '500+'],
    ['[STATUS_CODES:500+][ACCESS_KEY:secret]', ['secret'], '500+'],
    ['[STATUS_CODES:500+] [ACCESS_KEY:secret] sk-dummy', ['secret', 'sk-dummy'], '500+'],
    ['sk-[STATUS_CODES:500+]dummy', ['sk-dummy'], '500+'],
    ['[STATUS_CODES:]', [], ''],
    ['[ACCESS_KEY:]', [], null],
    ['[ACCESS_KEY:a:b,c=d]', ['a:b,c=d'], null],
    ['[STATUS_CODES:429', ['[STATUS_CODES:429'], null],
    ['[status_codes:429]', ['[status_codes:429]'], null],
    ['[OTHER:x]', ['[OTHER:x]'], null],
    ['STATUS_CODES:429', ['STATUS_CODES:429'], null],
  ])('%s', (text, credentials, statusCodes) => {
    expect(bearer(text)).toEqual({ credentials, statusCodes });
  });

  it('work in every place, as in the header of Gemini', () => {
    const presented = { credentials: ['secret'], statusCodes: '400=+' };
    expect(read(['x-goog-api-key', '[STATUS_CODES:400=+][ACCESS_KEY:secret]'])).toEqual(presented);
    expect(read([], '/x?key=%5BSTATUS_CODES:400=%2B%5D%5BACCESS_KEY:secret%5D')).toEqual(presented);
    expect(read([], '/x?key=[STATUS_CODES:400=+][ACCESS_KEY:secret]')).toEqual(presented);
  });

  it('are found in any order among any other text, and what is left is the credential', () => {
    const plain = fc.stringMatching(/^[\w-]{0,8}$/);
    fc.assert(
      fc.property(plain, plain, plain, fc.boolean(), (before, between, after, statusFirst) => {
        const [first, second] = statusFirst
          ? ['[STATUS_CODES:500+]', '[ACCESS_KEY:secret]']
          : ['[ACCESS_KEY:secret]', '[STATUS_CODES:500+]'];
        const { credentials, statusCodes } = bearer(before + first + between + second + after);
        const rest = before + between + after;
        expect(statusCodes).toBe('500+');
        expect(credentials).toEqual(rest === '' ? ['secret'] : ['secret', rest]);
      }),
    );
  });
});

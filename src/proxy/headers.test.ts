import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeaderList } from '../model/header-list.ts';
import { downstreamHeaders, headerSafe, upstreamHeaders, withoutKeyProtocol } from './headers.ts';

const up = (...raw: string[]) => upstreamHeaders(new HeaderList(raw));
const down = (...raw: string[]) => downstreamHeaders(new HeaderList(raw));

/** RFC 9110 §7.6.1, and what it names by example. */
const HOP_BY_HOP = ['Connection', 'Keep-Alive', 'Proxy-Connection', 'TE', 'Trailer', 'Transfer-Encoding', 'Upgrade'];

const CREDENTIALS = ['Authorization', 'X-Api-Key', 'Api-Key', 'X-Goog-Api-Key'];
const BROWSER = ['Cookie', 'Origin', 'Referer'];
const FORWARDED = ['X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Anything', 'Forwarded', 'Via'];
const PROXY = ['Proxy-Authorization', 'Proxy-Anything'];
const OURS = ['X-Rotato-Max-Wait', 'X-Rotato-Anything'];
const NEVER_UP = [...HOP_BY_HOP, ...CREDENTIALS, ...BROWSER, ...FORWARDED, ...PROXY, ...OURS, 'Host', 'Expect'];

const NEVER_DOWN = [
  ...HOP_BY_HOP,
  ...['Set-Cookie', 'Strict-Transport-Security', 'Content-Security-Policy', 'Clear-Site-Data'],
  ...['Service-Worker-Allowed', 'Access-Control-Allow-Origin', 'Access-Control-Anything'],
  ...['Proxy-Authenticate', 'X-Rotato-Key'],
];

const spellings = (name: string) => [name, name.toLowerCase(), name.toUpperCase()];

describe('what never goes upstream', () => {
  it.each(NEVER_UP.flatMap(spellings))('%s', (name) => {
    expect(up('accept', 'a', name, 'x', 'user-agent', 'u')).toEqual(['accept', 'a', 'user-agent', 'u']);
  });
});

describe('what never reaches the caller', () => {
  it.each(NEVER_DOWN.flatMap(spellings))('%s', (name) => {
    expect(down('content-type', 'a', name, 'x', 'date', 'd')).toEqual(['content-type', 'a', 'date', 'd']);
  });
});

describe('what passes both ways', () => {
  it.each([
    ['Content-Length', '12'],
    ['content-type', 'multipart/form-data; boundary="x"'],
    ['Content-Encoding', 'zstd'],
    ['Accept-Encoding', 'gzip, br'],
    ['User-Agent', 'OpenAI/JS 7'],
    ['x-stainless-retry-count', '0'],
    ['OpenAI-Organization', 'org-1'],
    ['anthropic-beta', 'a'],
    ['Retry-After', '3'],
    ['x-ratelimit-remaining-requests', '1'],
    ['X-Forward', 'x'],
    ['X-Authorization', 'x'],
    ['X-RotatoX', 'x'],
    ['Hostname', 'x'],
    ['__proto__', 'x'],
    ['constructor', 'x'],
    ['empty', ''],
    ['bytes', '\xe9\xff'],
  ])('%s: %s', (name, value) => {
    expect(up(name, value)).toEqual([name, value]);
    expect(down(name, value)).toEqual([name, value]);
  });

  it('keeps order, spelling and repetition', () => {
    const raw = ['B', '2', 'a', '1', 'b', '3', 'A', '1', 'B', '2'];
    expect(up(...raw)).toEqual(raw);
    expect(down(...raw)).toEqual(raw);
  });
});

describe('what Connection names', () => {
  it.each([
    ['one header', ['Connection', 'X-Private', 'x-private', '1', 'x-public', '2'], ['x-public', '2']],
    ['a header before it', ['X-Private', '1', 'connection', 'close, x-private', 'x-public', '2'], ['x-public', '2']],
    ['several', ['x-a', '1', 'x-b', '2', 'x-c', '3', 'connection', 'x-a ,\tX-B,,'], ['x-c', '3']],
    ['in two Connection headers', ['x-a', '1', 'connection', 'x-a', 'x-b', '2', 'Connection', 'x-b'], []],
    ['every one of a repeated header', ['x-a', '1', 'connection', 'x-a', 'X-A', '2'], []],
    ['no length', ['content-length', '5', 'connection', 'content-length, close'], ['content-length', '5']],
  ])('%s', (_what, raw, kept) => {
    expect(up(...raw)).toEqual(kept);
    expect(down(...raw)).toEqual(kept);
  });

  it.each(['keep-alive', 'Keep-Alive', 'close', 'Upgrade', 'upgrade', ''])('nothing by "%s"', (value) => {
    expect(up('connection', value, 'x-public', '1')).toEqual(['x-public', '1']);
  });
});

describe('any header', () => {
  const TOKEN = /^[!#$%&'*+.^_`|~\w-]{1,24}$/;
  const name = fc.oneof(
    fc.stringMatching(TOKEN),
    fc.constantFrom(...NEVER_UP, ...NEVER_DOWN, 'x-', 'prox', 'proxy', 'x-forwarded', 'access-control', 'x-rotato'),
  );
  const headers = fc.array(fc.tuple(name, fc.string({ maxLength: 12 }))).map((pairs) => pairs.flat());
  const listed = (list: readonly string[], prefixes: readonly string[]) => {
    const names = new Set(list.map((entry) => entry.toLowerCase()));
    return (header: string) =>
      names.has(header.toLowerCase()) || prefixes.some((prefix) => header.toLowerCase().startsWith(prefix));
  };
  const expected = (raw: readonly string[], drops: (header: string) => boolean) => {
    const named = new Set<string>();
    new HeaderList(raw).forEach((header, value) => {
      if (header === 'connection') for (const part of value.split(',')) named.add(part.trim().toLowerCase());
    });
    named.delete('content-length');
    return raw.filter((_part, at) => {
      const header = raw[at - (at % 2)] as string;
      return !drops(header) && !named.has(header.toLowerCase());
    });
  };

  it('that is not on the list passes unchanged, and no other', () => {
    const dropsUp = listed(NEVER_UP, ['x-forwarded-', 'proxy-', 'x-rotato-']);
    const dropsDown = listed(NEVER_DOWN, ['access-control-', 'proxy-', 'x-rotato-']);
    fc.assert(
      // More names than the filter remembers, so that those it forgets are judged the same.
      fc.property(headers, (raw) => {
        expect(up(...raw)).toEqual(expected(raw, dropsUp));
        expect(down(...raw)).toEqual(expected(raw, dropsDown));
      }),
      { numRuns: 300 },
    );
  });
});

describe('withoutKeyProtocol', () => {
  it.each([
    ['realtime, openai-insecure-api-key.rk-1, openai-beta.realtime-v1', 'realtime, openai-beta.realtime-v1'],
    ['openai-insecure-api-key.rk-1, realtime', 'realtime'],
    ['openai-insecure-api-key.rk-1', null],
    ['realtime', 'realtime'],
  ])('%s', (value, kept) => {
    expect(withoutKeyProtocol(value)).toBe(kept);
  });
});

describe('headerSafe', () => {
  it.each([
    ['team-a', 'team-a'],
    ['Teäm', 'Te%C3%A4m'],
    ['🔑', '%F0%9F%94%91'],
    ['a\r\nset-cookie: b', 'a%0D%0Aset-cookie: b'],
    ['half \ud83d', 'half %EF%BF%BD'],
  ])('%j', (label, safe) => {
    expect(headerSafe(label)).toBe(safe);
  });

  it('yields a legal header value for any label', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (label) => {
        expect(headerSafe(label)).toMatch(/^[\x20-\x7e]*$/);
      }),
    );
  });
});

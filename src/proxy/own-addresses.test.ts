import { describe, expect, it } from 'vitest';
import { providerOf, upstreamUrl } from '../../test/support/snapshot.ts';
import { HeaderList } from '../model/header-list.ts';
import type { UpstreamUrl } from '../model/upstream-url.ts';
import { adapterFor } from '../providers/preset-adapter.ts';
import { presetFor } from '../providers/presets.ts';
import { withOwnAddresses } from './own-addresses.ts';

const gemini = adapterFor(presetFor('gemini', 'gemini'));

function rewritten(address: string, base: string, keyBase: UpstreamUrl | null = null): string | undefined {
  const headers = withOwnAddresses(
    {
      exchange: { headers: new HeaderList(['Host', 'localhost:8990']) },
      route: { provider: providerOf({ name: 'gemini', baseUrl: upstreamUrl(base) }) },
      adapter: gemini,
    },
    { key: { baseUrl: keyBase } },
    ['Location', address, 'X-Goog-Upload-URL', address],
  );
  expect(headers[1]).toBe(address);
  return headers[3];
}

describe('the address at which an upload goes on', () => {
  it.each([
    ['https://gemini.example/v1beta', 'https://gemini.example/upload/v1beta/files?upload_id=a%2Fb&x=1'],
    ['https://gemini.example', 'https://gemini.example/upload/v1beta/files?upload_id=a%2Fb&x=1'],
    ['https://gateway.example/google/v1', 'https://gateway.example/google/upload/v1beta/files?upload_id=a%2Fb&x=1'],
  ])('below %s, becomes one of ours', (base, address) => {
    const ours = 'http://localhost:8990/gemini/upload/v1beta/files?upload_id=a%2Fb&x=1';
    expect(rewritten(address, base)).toBe(ours);
  });

  it("below the key's own base URL, becomes one of ours", () => {
    const own = upstreamUrl('https://mine.example/v1beta');
    expect(rewritten('https://mine.example/upload/x', 'https://gemini.example/v1beta', own)).toBe(
      'http://localhost:8990/gemini/upload/x',
    );
  });

  it.each([
    'https://elsewhere.example/upload/v1beta/files',
    'https://gemini.example.evil.example/upload',
    'http://gemini.example/upload',
    '/upload/v1beta/files',
    '',
  ])('elsewhere, is left as it is: "%s"', (address) => {
    expect(rewritten(address, 'https://gemini.example/v1beta')).toBe(address);
  });

  it('of a vendor that names none, is a header like any other', () => {
    const adapter = adapterFor(presetFor('openai', 'openai'));
    const reply = {
      exchange: { headers: new HeaderList(['Host', 'localhost']) },
      route: { provider: providerOf() },
      adapter,
    };
    const headers = ['X-Goog-Upload-URL', 'https://api.openai.com/x'];
    expect(withOwnAddresses(reply, { key: { baseUrl: null } }, headers)).toEqual(headers);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Redactor, redactShapes } from './redactor.ts';

const revealing = (secret: string) => ({ reveal: () => secret });

const knowing = (...secrets: string[]) => {
  const redactor = new Redactor();
  redactor.protect(secrets.map(revealing));
  return redactor;
};

describe('what looks like a credential', () => {
  it.each([
    ['Incorrect API key provided: sk-proj-abcDEF123456.', 'Incorrect API key provided: [secret]'],
    ['sk-ant-api03-abcdefgh', '[secret]'],
    ['sk-proj-ab****************wxyz', '[secret]'],
    ['AIzaSyA1234567890_abcdefghijklmnopqrstu', '[secret]'],
    ['gsk_abcdefghijklmnop', '[secret]'],
    ['xai-abcdefghijklmnop', '[secret]'],
    ['nvapi-abcdefghijklmnop', '[secret]'],
    ['github_pat_11ABCDEFG0abcdefg', '[secret]'],
    ['csk-abcdefghijk', '[secret]'],
    ['/rotato_client_aBcDeFgHiJ0-_/chat', '/[secret]/chat'],
    ['rotato_admin_aBcDeFgHiJ0-_', '[secret]'],
    ['pplx-abcdefghijk', '[secret]'],
    ['123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw', '[secret]'],
    [
      'https://api.telegram.org/bot123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw/getMe',
      'https://api.telegram.org/bot[secret]/getMe',
    ],
    ['Authorization: Bearer abc.def', 'Authorization: Bearer [secret]'],
    [
      '{"authorization":"Bearer abc","x-api-key":"def","a":1}',
      '{"authorization":"Bearer [secret]","x-api-key":"[secret]","a":1}',
    ],
    ['x-goog-api-key: abc', 'x-goog-api-key: [secret]'],
    ['/v1/models?key=abc&alt=sse', '/v1/models?key=[secret]&alt=sse'],
    ['?alt=sse&api_key=abc#x', '?alt=sse&api_key=[secret]#x'],
  ])('%s', (text, redacted) => {
    expect(redactShapes(text)).toBe(redacted);
  });

  it.each([
    'task-force',
    'the risk-averse sk-8',
    'providers.openai.keys[0].key: missing',
    'model gpt-4o-mini, 20 of 20 requests/min',
    '2026-01-05T12:00:00.000Z',
  ])('does not include: %s', (text) => {
    expect(redactShapes(text)).toBe(text);
  });
});

describe('secrets in force', () => {
  // Without characters that JSON or URLs write otherwise, so that the text itself shows where the secret stood.
  const plain = fc.stringMatching(/^[A-Za-z0-9_]{9,60}$/);
  const around = fc.string({ maxLength: 30 });

  it('are hidden wherever they stand', () => {
    fc.assert(
      fc.property(fc.uniqueArray(plain, { minLength: 1, maxLength: 8 }), around, around, (secrets, before, after) => {
        const redactor = knowing(...secrets);
        for (const secret of secrets) {
          const redacted = redactor.redact(`${before} ${secret} ${after} ${secret}`);
          expect(redacted).not.toContain(secret);
          expect(redacted).toContain('[secret]');
        }
      }),
    );
  });

  it('are hidden where a text was cut in the middle of one', () => {
    fc.assert(
      fc.property(plain, fc.nat(60), (secret, cut) => {
        const shown = secret.slice(0, Math.max(9, cut));
        expect(knowing(secret).redact(`so it says: ${shown}`)).toBe('so it says: [secret]');
      }),
    );
  });

  it('are hidden as JSON and as URLs write them', () => {
    const secret = 'pass"word\\with ünusual/chars';
    const redactor = knowing(secret);
    for (const text of [secret, JSON.stringify({ secret }), `https://a.example/?p=${encodeURIComponent(secret)}`]) {
      expect(redactor.redact(text)).not.toMatch(/unusual|nusual|with/);
    }
  });

  it('leave every other text as it was', () => {
    const text = fc.string({ maxLength: 60 }).filter((candidate) => !candidate.includes('canary'));
    fc.assert(
      fc.property(text, (other) => {
        expect(knowing('canary-0123456789').redactExact(other)).toBe(other);
      }),
    );
  });

  it('that are short are hidden too, but not those too short to tell apart', () => {
    expect(knowing('tiny', 'abc').redact('a tiny abc')).toBe('a [secret] abc');
  });

  it('choose the longest where two begin alike', () => {
    expect(knowing('prefix-common', 'prefix-common-longer').redactExact('prefix-common-longer!')).toBe('[secret]!');
  });

  it('stay hidden for one more change after they were replaced', () => {
    const redactor = knowing('first-secret');
    redactor.protect([revealing('second-secret')]);
    expect(redactor.redact('first-secret second-secret')).toBe('[secret] [secret]');
    redactor.protect([revealing('third-secret')]);
    expect(redactor.redact('first-secret second-secret third-secret')).toBe('first-secret [secret] [secret]');
  });
});

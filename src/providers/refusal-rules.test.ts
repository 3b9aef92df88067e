import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeaderList } from '../model/header-list.ts';
import { readErrorBody } from './error-body.ts';
import { keyRejected, overloaded, refusalOfReply, requestRefused } from './refusal.ts';
import { REFUSAL_RULES, type RefusalRule, refusalJudge } from './refusal-rules.ts';

const RECEIVED_AT = Date.UTC(2026, 7, 19, 14, 34, 11);

function judge(status: number, body: string, own: readonly RefusalRule[] = []) {
  return refusalJudge(own)(refusalOfReply(readErrorBody(body), status, new HeaderList([]), RECEIVED_AT));
}

describe('the table of refusals', () => {
  it('stands in the order of table 10', () => {
    const rows = REFUSAL_RULES.map(({ row }) => row);
    expect(rows).toEqual(rows.toSorted((a, b) => a - b));
  });

  it('has a line for every row that a body can tell', () => {
    const rows = new Set(REFUSAL_RULES.map(({ row }) => row));
    expect([...rows]).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17, 18, 19, 20]);
  });

  it("lets a vendor's own line go before the common ones of its row, and after those of earlier rows", () => {
    const own: readonly RefusalRule[] = [{ row: 13, status: [400, 412], verdict: keyRejected('group') }];
    expect(judge(412, '', own)).toMatchObject({ kind: 'key-rejected', scope: 'group' });
    expect(judge(400, '{"error":{"code":"context_length_exceeded"}}', own).kind).toBe('request-refused');
    expect(judge(412, '').kind).toBe('request-refused');
  });

  it('needs all that a line asks for: status, signal, and no exception', () => {
    const own: readonly RefusalRule[] = [
      { row: 2, status: [418], words: ['tea'], unless: /\bcoffee\b/, verdict: overloaded },
      { row: 2, status: [418], verdict: requestRefused },
    ];
    expect(judge(418, '{"code":"TEA"}', own).kind).toBe('overloaded');
    expect(judge(418, '{"code":"milk"}', own).kind).toBe('request-refused');
    expect(judge(418, '{"code":"tea","message":"or coffee"}', own).kind).toBe('request-refused');
    expect(judge(400, '{"code":"tea"}', own).kind).toBe('request-refused');
  });
});

describe('a 403', () => {
  it.each([
    ['', 'key-rejected'],
    ['Forbidden', 'key-rejected'],
    ['{"message":"Access denied."}', 'key-rejected'],
    ['{"error":{"message":"Your API key was revoked"}}', 'key-rejected'],
    ['{"error":{"code":"permission_denied","message":"No access"}}', 'model-unavailable'],
    ['{"error":{"message":"You do not have access to model x"}}', 'model-unavailable'],
    ['{"error":{"message":"Not available in your country"}}', 'request-refused'],
    ['{"error":{"message":"Your IP address 1.2.3.4 is not allowed"}}', 'request-refused'],
    ['{"error":{"message":"Blocked by moderation"}}', 'request-refused'],
    ['{"error":{"message":"The file is not yours, no permission"}}', 'request-refused'],
    ['<html><head><title>Just a moment...</title></head></html>', 'request-refused'],
  ])('%s is %s', (body, kind) => {
    expect(judge(403, body).kind).toBe(kind);
  });
});

describe('the reason', () => {
  it.each([
    ['Incorrect API key provided: sk-proj-abc123def456ghi789', 'Incorrect API key provided: [key]'],
    ['bad key AIzaSyA1234567890abcdefghijklmnopqrstu', 'bad key [key]'],
    ['bad key 0123456789abcdef0123456789abcdef', 'bad key [key]'],
    ['gsk_abcdefghijklmnopqrstuvwxyz is bad', '[key] is bad'],
    ['token eyJhbGciOiJIUzI1NiJ9.eyJzdWIi expired', 'token [key] expired'],
  ])('shows no key: %s', (message, reason) => {
    expect(judge(401, JSON.stringify({ error: { message } }))).toMatchObject({ reason });
  });

  it('keeps words that begin like a key, and the name of an organisation', () => {
    const message = 'Rate limit for keyboards and sketches in organization org-AbCdEf123456';
    expect(judge(429, JSON.stringify({ error: { message } }))).toMatchObject({ reason: message });
  });

  it('stands on one line, without control characters, and says the status where nothing else is said', () => {
    const outcome = judge(429, JSON.stringify({ error: { message: 'a\r\nb\u0000\u001b[31m\u2028c' } }));
    expect(outcome).toMatchObject({ reason: 'a b [31m c' });
    expect(judge(429, '')).toMatchObject({ reason: 'HTTP 429' });
  });

  it('hides any key of a known kind, wherever it stands', () => {
    const prefix = fc.constantFrom('sk-', 'gsk_', 'xai-', 'nvapi-', 'csk-', 'pplx-', 'AIza', 'ghp_');
    const rest = fc.stringMatching(/^[A-Za-z0-9]{20,60}$/);
    fc.assert(
      fc.property(prefix, rest, fc.constantFrom('', 'key: ', '"', 'Authorization: Bearer '), (start, end, before) => {
        const outcome = judge(401, JSON.stringify({ error: { message: `${before}${start}${end} is not known` } }));
        expect(JSON.stringify(outcome)).not.toContain(end);
      }),
    );
  });
});

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
    const milder: readonly RefusalRule[] = [{ row: 13, words: ['account_deactivated'], verdict: keyRejected('key') }];
    expect(judge(401, '{"code":"account_deactivated"}', milder)).toMatchObject({ scope: 'key' });
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

/** With a status that would say something else. */
function kindOfWord(word: string, status: number): string {
  const outcome = judge(status, JSON.stringify({ error: { code: word, message: 'No.' } }));
  return 'scope' in outcome ? `${outcome.kind} ${outcome.scope}` : outcome.kind;
}

describe('a word alone', () => {
  it.each<[number, string, readonly string[]]>([
    [
      500,
      'request-refused',
      [
        'context_length_exceeded',
        'max_tokens_exceeded',
        'token_limit_exceeded',
        'TOO_MANY_TOKENS',
        'too_many_prompt_tokens',
        'content_policy_violation',
        'invalid_prompt',
        'bio_policy',
        'cyber_policy',
        'content_filter',
        'ResponsibleAIPolicyViolation',
        'refusal',
      ],
    ],
    [402, 'request-too-large', ['weight_exceeds_budget']],
    [
      429,
      'quota-exhausted group',
      [
        'insufficient_quota',
        'credit_balance_exhausted',
        'organization_spend_limit_exceeded',
        'organization_usage_limit_exceeded',
        'billing_not_active',
        'billing_hard_limit_reached',
        'BILLING_DISABLED',
        'billing_error',
        'openrouter_credits',
        'enforced_spend_limit_reached',
      ],
    ],
    [429, 'quota-exhausted key', ['project_spend_limit_exceeded', 'openrouter_key_limit']],
    [429, 'quota-exhausted bucket', ['openrouter_free_tier_daily']],
    [
      400,
      'key-rejected key',
      [
        'invalid_api_key',
        'authentication_error',
        'authentication',
        'UNAUTHENTICATED',
        'API_KEY_INVALID',
        'API_KEY_EXPIRED',
        'API_KEY_SERVICE_BLOCKED',
        'SERVICE_DISABLED',
      ],
    ],
    [
      400,
      'key-rejected group',
      ['account_deactivated', 'organization_restricted', 'organization_disabled', 'CONSUMER_SUSPENDED'],
    ],
    [400, 'model-unavailable', ['model_not_found', 'DeploymentNotFound', 'model_decommissioned']],
    [
      403,
      'model-unavailable',
      ['permission_error', 'PERMISSION_DENIED', 'permission-denied', 'insufficient_permissions', 'missing_scope'],
    ],
    [401, 'request-refused', ['unsupported_country_region_territory', 'ip_not_authorized']],
    [429, 'rate-limited group', ['slow_down']],
    [402, 'rate-limited group', ['openrouter_in_flight_budget', 'in_flight_budget_exhausted']],
    [
      429,
      'overloaded',
      ['upstream_provider_shared_pool', 'service_tier_capacity_exceeded', '3505', 'MODEL_CAPACITY_EXHAUSTED'],
    ],
    [500, 'overloaded', ['overloaded_error', 'server_is_overloaded', 'provider_overloaded']],
  ])('against the status %i means %s', (status, kind, words) => {
    for (const word of words) expect(kindOfWord(word, status), word).toBe(kind);
  });
});

describe('a text alone', () => {
  it.each([
    [429, 'Request too large for gpt-4o', 'request-too-large'],
    [500, 'prompt is too long: 3 tokens > 2 maximum', 'request-refused'],
    [429, "This model's maximum context length is 8192 tokens", 'request-refused'],
    [403, 'This was blocked by a guardrail', 'request-refused'],
    [429, 'You have reached your API usage limits.', 'quota-exhausted'],
    [403, 'Your IP address is not allowlisted', 'request-refused'],
    [403, 'Not supported in your region', 'request-refused'],
    [500, 'server busy, please try again.  maximum pending requests exceeded', 'overloaded'],
    [500, 'Loading model', 'overloaded'],
  ])('against the status %i: %s', (status, message, kind) => {
    expect(judge(status, JSON.stringify({ error: message })).kind).toBe(kind);
  });

  it.each([
    [400, 'This model is in high demand in your tests', 'request-refused'],
    [400, 'max_tokens is above the limit: 0', 'request-refused'],
    [400, 'The words "requires moderation" are not allowed here', 'request-refused'],
    [400, 'You are limited to 1000 API calls / month', 'request-refused'],
    [400, 'Unknown field: model', 'request-refused'],
    [404, 'Unknown path: /v1/chat/completion', 'request-refused'],
    [503, 'Resource has been exhausted (e.g. check quota).', 'overloaded'],
    [500, 'Incorrect API key provided', 'uncertain'],
    [503, 'Please try again in 6m0s', 'overloaded'],
  ])('means nothing with the status %i that it does not belong to: %s', (status, message, kind) => {
    expect(judge(status, JSON.stringify({ error: { message } })).kind).toBe(kind);
  });

  it('that a caller wrote and a refusal quotes means nothing', () => {
    for (const quoted of [
      'prompt is too long',
      'Your credit balance is too low',
      'This organization has been disabled.',
      'You have reached your specified API usage limits',
      'API key not valid',
      'your api key is invalid',
      'prepayment credits are depleted',
      'has either used all available credits',
      'stay within the acceleration limit',
      'server busy, please try again',
    ]) {
      const message = `Invalid value: '${quoted}'. Supported values are: 'a' and 'b'.`;
      expect(judge(400, JSON.stringify({ error: { message } })).kind, quoted).toBe('request-refused');
    }
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

import type { Outcome } from '../model/outcome.ts';
import { DAY_MS } from './duration-text.ts';
import {
  keyRejected,
  modelUnavailable,
  overloaded,
  quotaExhausted,
  type Refusal,
  rateLimited,
  requestRefused,
  requestTooLarge,
  uncertain,
  untilHinted,
  untilIn,
  untilMidnightIn,
  untilNextMonth,
  untilRegained,
  untilReset,
  untilUnknown,
  type Verdict,
} from './refusal.ts';

/**
 * One line of the table of refusals. It applies when the status is listed (where a list is given), `unless` does not
 * match the text, and any of the signals given, `words`, `text` or `when`, is there.
 */
export interface RefusalRule {
  /** The row of table 10 of the provider reference that it implements. */
  readonly row: number;
  readonly status?: readonly number[];
  /** Codes, types and reasons of the body, in lower case. */
  readonly words?: readonly string[];
  /** Looked for in the text for humans. A 400 may quote the caller's prompt there, so such patterns are anchored. */
  readonly text?: RegExp;
  readonly when?: (refusal: Refusal) => boolean;
  readonly unless?: RegExp;
  readonly verdict: Verdict;
}

/** A wait longer than this is a quota that is gone, not a window that refills (gemini-cli draws the same line). */
const EXHAUSTED_ABOVE_MS = 300_000;

const EGRESS =
  /\b(?:country|countries|region|territory|location is not supported)\b|\bIP(?: address)?\b.{0,60}\b(?:not |un)(?:authorized|allowed|whitelisted|allowlisted)/i;
const CORS = /\bCORS requests\b/;
const ORGANISATION_OUT = /^(?:this|your|the)? ?organi[sz]ation has been (?:disabled|restricted|suspended|deactivated)/i;
const KEY_FLAW = /^(?:incorrect api key|api key (?:not valid|not found|expired)|invalid (?:x-)?api[- ]?key)/i;
const KEY_OUT =
  /\bapi key (?:was|has been|is) (?:reported as leaked|leaked|revoked|disabled|blocked|expired|invalid)|\bunregistered callers\b|^requests to this api .{0,300}are blocked/i;
const MODERATION =
  /\b(?:moderation|flagged|guardrails?|content (?:policy|filter\w*|management policy)|safety system)\b/i;
const OWNED_OBJECT = /\b(?:file|cached ?content|batch|corpus|vector store|thread|assistant)\b/i;

/** What the body says, in the order of table 10: the first that applies wins. */
export const REFUSAL_RULES: readonly RefusalRule[] = [
  // 2: larger than the limit, or the model's context, can ever admit
  {
    row: 2,
    words: [
      'context_length_exceeded',
      'max_tokens_exceeded',
      'token_limit_exceeded',
      'too_many_tokens',
      'too_many_prompt_tokens',
    ],
    text: /^prompt is too long|\bmaximum context length\b|\binput token count\b.{0,40}\bexceeds the maximum\b/i,
    verdict: requestRefused,
  },
  { row: 2, words: ['weight_exceeds_budget'], text: /^request too large\b/i, verdict: requestTooLarge },
  { row: 2, status: [429], when: asksMoreThanTheLimit, verdict: requestTooLarge },
  { row: 2, status: [413], verdict: requestTooLarge },
  // 3: policy
  {
    row: 3,
    words: [
      'content_policy_violation',
      'invalid_prompt',
      'bio_policy',
      'cyber_policy',
      'content_filter',
      'responsibleaipolicyviolation',
      'refusal',
    ],
    verdict: requestRefused,
  },
  { row: 3, status: [403], text: MODERATION, verdict: requestRefused },
  // 4: no money
  {
    row: 4,
    words: [
      'insufficient_quota',
      'credit_balance_exhausted',
      'organization_spend_limit_exceeded',
      'organization_usage_limit_exceeded',
      'billing_not_active',
      'billing_hard_limit_reached',
      'billing_disabled',
      'billing_error',
      'openrouter_credits',
    ],
    text: /^your (?:credit balance is too low|prepayment credits are depleted)|^your team .{0,80}\bhas either used all available credits\b/i,
    verdict: quotaExhausted('group', untilUnknown),
  },
  // 5: one project's spend limit; other projects, and so other keys of the organisation, still work
  { row: 5, words: ['project_spend_limit_exceeded'], verdict: quotaExhausted('key', untilNextMonth) },
  // 6: a spend limit with a date
  {
    row: 6,
    text: /^you have reached your specified workspace API usage limits/i,
    verdict: quotaExhausted('key', untilRegained),
  },
  {
    row: 6,
    words: ['enforced_spend_limit_reached'],
    text: /^you have reached your (?:specified )?API usage limits/i,
    verdict: quotaExhausted('group', untilRegained),
  },
  // 7, 8: OpenRouter's cap on one key, and its free models' day
  { row: 7, words: ['openrouter_key_limit'], verdict: quotaExhausted('key', untilHinted) },
  {
    row: 8,
    status: [429],
    words: ['openrouter_free_tier_daily'],
    text: /\bfree-models-per-day\b/,
    verdict: quotaExhausted('bucket', untilReset),
  },
  // 9, 10: a Google day, and a model that this tier does not include at all
  {
    row: 9,
    when: (refusal) => violatesADay(refusal) && !limitIsZero(refusal),
    verdict: quotaExhausted('bucket', untilMidnightIn('America/Los_Angeles')),
  },
  { row: 10, status: [429], when: limitIsZero, verdict: quotaExhausted('bucket', untilIn(DAY_MS)) },
  // 11: waits of another scale
  {
    row: 11,
    status: [429],
    text: /\blimited to \d+ API calls \/ month/i,
    verdict: quotaExhausted('group', untilNextMonth),
  },
  {
    row: 11,
    status: [429],
    when: ({ waitMs }) => waitMs !== null && waitMs > EXHAUSTED_ABOVE_MS,
    verdict: quotaExhausted('bucket', untilHinted),
  },
  // 12: the credential
  {
    row: 12,
    words: [
      'invalid_api_key',
      'authentication_error',
      'authentication',
      'unauthenticated',
      'api_key_invalid',
      'api_key_expired',
      'api_key_blocked',
      'api_key_disabled',
      'api_key_service_blocked',
      'service_disabled',
    ],
    unless: new RegExp([CORS.source, EGRESS.source, ORGANISATION_OUT.source].join('|'), 'i'),
    verdict: keyRejected('key'),
  },
  { row: 12, status: [400, 403], text: KEY_FLAW, verdict: keyRejected('key') },
  { row: 12, status: [403], text: KEY_OUT, verdict: keyRejected('key') },
  // 13: the whole organisation
  {
    row: 13,
    words: [
      'account_deactivated',
      'organization_restricted',
      'organization_disabled',
      'team_blocked',
      'consumer_suspended',
    ],
    text: ORGANISATION_OUT,
    verdict: keyRejected('group'),
  },
  // 14: this model is not for this group. A file of another project is no reason to give up on a model.
  { row: 14, words: ['model_not_found', 'deploymentnotfound', 'model_decommissioned'], verdict: modelUnavailable },
  {
    row: 14,
    status: [404, 410],
    text: /\bmodel\b|^models\/|\bno endpoints found\b|\bnot found for account\b/i,
    verdict: modelUnavailable,
  },
  {
    row: 14,
    status: [403],
    words: ['permission_error', 'permission_denied', 'permission-denied', 'insufficient_permissions', 'missing_scope'],
    text: /\bmodel\b|\b(?:missing scopes|insufficient permissions)\b/i,
    unless: new RegExp([EGRESS.source, OWNED_OBJECT.source].join('|'), 'i'),
    verdict: modelUnavailable,
  },
  // 15: where the request comes from
  {
    row: 15,
    status: [400, 401, 403],
    words: ['unsupported_country_region_territory', 'failed_precondition', 'ip_not_authorized'],
    text: EGRESS,
    verdict: requestRefused,
  },
  { row: 15, status: [401], text: CORS, verdict: requestRefused },
  // 16 is what a 429 means when no row says otherwise: see STATUS_RULES
  // 17: too steep a ramp
  {
    row: 17,
    status: [429],
    words: ['slow_down'],
    text: /\b(?:usage increase rate|acceleration limit)/i,
    verdict: rateLimited('group', true),
  },
  // 18: out of capacity for everyone, though the status is that of a rate limit
  {
    row: 18,
    words: ['upstream_provider_shared_pool', 'service_tier_capacity_exceeded', '3505', 'model_capacity_exhausted'],
    verdict: overloaded,
  },
  {
    row: 18,
    status: [429],
    text: /\btemporarily rate-limited upstream\b|\bhigh demand\b|^resource has been exhausted \(e\.g\. check quota\)/i,
    verdict: overloaded,
  },
  // 19: overload by name
  {
    row: 19,
    words: ['overloaded_error', 'server_is_overloaded', 'provider_overloaded'],
    text: /^server busy, please try again|^loading model$/i,
    verdict: overloaded,
  },
  // 20: OpenRouter's budget for requests in flight
  {
    row: 20,
    words: ['openrouter_in_flight_budget', 'in_flight_budget_exhausted'],
    verdict: rateLimited('group'),
  },
];

/** What the status alone means, when the body said nothing that is known. */
const STATUS_RULES: readonly RefusalRule[] = [
  { row: 12, status: [401], verdict: keyRejected('key') },
  {
    row: 12,
    status: [403],
    text: /^$|^(?:http )?(?:403 ?)?(?:forbidden|access denied|permission denied|not authorized|unauthorized)\.?$|\bpermission\b|\bapi key\b/i,
    unless: OWNED_OBJECT,
    verdict: keyRejected('key'),
  },
  { row: 4, status: [402], verdict: quotaExhausted('group', untilUnknown) },
  { row: 16, status: [429], verdict: rateLimited('bucket') },
  { row: 19, status: [503, 529], verdict: overloaded },
  // 499 is an upstream that says of us what row 1 says of the caller: nobody knows what was done.
  { row: 21, when: ({ status }) => status >= 500 || [408, 409, 499].includes(status), verdict: uncertain },
  { row: 24, verdict: requestRefused },
];

/** Judges a refusal by a vendor's own rules merged into the table, row by row, its own first. */
export function refusalJudge(own: readonly RefusalRule[]): (refusal: Refusal) => Outcome {
  const byBody = [...own, ...REFUSAL_RULES].sort((a, b) => a.row - b.row);
  const rules = [...byBody, ...STATUS_RULES];
  return (refusal) => (rules.find((rule) => applies(rule, refusal))?.verdict ?? requestRefused)(refusal);
}

function applies(rule: RefusalRule, refusal: Refusal): boolean {
  if (rule.status !== undefined && !rule.status.includes(refusal.status)) return false;
  if (rule.unless?.test(refusal.message)) return false;
  if (rule.words === undefined && rule.text === undefined && rule.when === undefined) return true;
  return (
    rule.words?.some((word) => refusal.words.has(word)) === true ||
    rule.text?.test(refusal.message) === true ||
    rule.when?.(refusal) === true
  );
}

function asksMoreThanTheLimit({ rate }: Refusal): boolean {
  return rate.requested !== null && rate.limit !== null && rate.requested > rate.limit;
}

function violatesADay({ violations }: Refusal): boolean {
  return violations.some(({ quotaId }) => /PerDay|Daily/.test(quotaId));
}

function limitIsZero({ message, violations, replyHeaders }: Refusal): boolean {
  return (
    violations.some(({ quotaValue }) => quotaValue === 0) ||
    /\blimit:\s{0,4}0(?!\d|[.,]\d)/.test(message) ||
    replyHeaders.get('x-ratelimit-limit-req-minute') === '0'
  );
}

import { HeaderList } from '../model/header-list.ts';
import { asList, asRecord, parseCutJson } from './cut-json.ts';

/** One limit that a Google refusal says was exceeded (`google.rpc.QuotaFailure`). */
export interface QuotaViolation {
  /** `GenerateRequestsPerDayPerProjectPerModel-FreeTier`: the only place that tells a day from a minute. */
  readonly quotaId: string;
  readonly quotaValue: number | null;
}

/** What an error body says, whatever its shape. */
export interface ErrorFacts {
  /** Its machine-readable words, in lower case: codes, types, statuses, reasons. */
  readonly words: ReadonlySet<string>;
  /** An HTTP status named in the body; null when none is. */
  readonly status: number | null;
  /** Its text for humans, in its own words; empty when there is none. */
  readonly message: string;
  readonly violations: readonly QuotaViolation[];
  /** `google.rpc.RetryInfo.retryDelay`. */
  readonly retryDelay: string | null;
  /** Headers quoted in the body (OpenRouter's `error.metadata.headers`). */
  readonly headers: HeaderList;
}

type Json = Readonly<Record<string, unknown>>;

const LONGEST_WORD = 80;
const LONGEST_MESSAGE = 4_096;
const MOST_DETAILS = 50;

/** Reads any of the error shapes that vendors use, cut or not. Never throws; a body that is no JSON is its own message. */
export function readErrorBody(body: string): ErrorFacts {
  const value = parseCutJson(body);
  return value === undefined ? plainFacts(body) : readErrorValue(value);
}

/** As `readErrorBody`, from JSON that was parsed already. */
export function readErrorValue(value: unknown): ErrorFacts {
  // Google's OpenAI-compatible endpoint and its JSON-array streams wrap the error in a list.
  const unwrapped = Array.isArray(value) ? value[0] : value;
  const root = asRecord(unwrapped);
  if (root === null) return plainFacts(typeof unwrapped === 'string' ? unwrapped : '');
  const error = errorIn(root);
  const details = asList(error.details).slice(0, MOST_DETAILS).map(asRecord);
  return {
    words: wordsOf(root, error, details),
    status: statusIn([error.code, error.status, root.status, root.code, root.statusCode]),
    message: messageOf(root, error).slice(0, LONGEST_MESSAGE),
    violations: details.flatMap((detail) => asList(detail?.violations).slice(0, MOST_DETAILS)).flatMap(readViolation),
    retryDelay: details.map((detail) => detail?.retryDelay).find((delay) => typeof delay === 'string') ?? null,
    headers: quotedHeaders(asRecord(error.metadata)),
  };
}

function errorIn(root: Json): Json {
  return asRecord(root.error) ?? asRecord(asRecord(root.response)?.error) ?? root;
}

const WORD_FIELDS = ['code', 'type', 'status', 'error_type', 'error_code', 'reason', 'limit_source'] as const;

function wordsOf(root: Json, error: Json, details: readonly (Json | null)[]): ReadonlySet<string> {
  const words = new Set<string>();
  const holders = [
    root,
    error,
    asRecord(error.details),
    asRecord(error.metadata),
    asRecord(error.innererror),
    ...details,
  ];
  for (const holder of holders) {
    if (holder === null) continue;
    for (const field of WORD_FIELDS) {
      const word = holder[field];
      if (typeof word === 'string' && word.length <= LONGEST_WORD) words.add(word.toLowerCase());
    }
  }
  // xAI's key report says `"team_blocked": true`.
  for (const [name, flag] of Object.entries(root)) if (flag === true && name.length <= LONGEST_WORD) words.add(name);
  return words;
}

function statusIn(candidates: readonly unknown[]): number | null {
  for (const candidate of candidates) {
    const status = typeof candidate === 'string' && /^\d{3}$/.test(candidate) ? Number(candidate) : candidate;
    if (typeof status === 'number' && Number.isInteger(status) && status >= 400 && status <= 599) return status;
  }
  return null;
}

function messageOf(root: Json, error: Json): string {
  const candidates = [error.message, root.error, root.message, root.detail, error.detail, root.title, root.code];
  for (const candidate of candidates) if (typeof candidate === 'string' && candidate !== '') return candidate;
  // FastAPI's list of what was wrong with a request.
  const first = asRecord(asList(root.detail)[0])?.msg;
  return typeof first === 'string' ? first : '';
}

function readViolation(value: unknown): readonly QuotaViolation[] {
  const violation = asRecord(value);
  if (violation === null) return [];
  const quotaId = typeof violation.quotaId === 'string' ? violation.quotaId : '';
  const quotaValue = Number(violation.quotaValue ?? Number.NaN);
  return [{ quotaId, quotaValue: Number.isFinite(quotaValue) && quotaValue >= 0 ? quotaValue : null }];
}

function quotedHeaders(metadata: Json | null): HeaderList {
  const flat: string[] = [];
  for (const [name, value] of Object.entries(asRecord(metadata?.headers) ?? {}).slice(0, MOST_DETAILS)) {
    if (typeof value === 'string' || typeof value === 'number') flat.push(name, String(value));
  }
  return new HeaderList(flat);
}

const HTML = /^\s{0,200}<(?:!doctype|html|head|body|\?xml)/i;
const HTML_TITLE = /<title>([^<]{1,200})<\/title>/i;

function plainFacts(text: string): ErrorFacts {
  const message = HTML.test(text) ? (HTML_TITLE.exec(text)?.[1] ?? '') : text;
  return {
    words: new Set(),
    status: null,
    message: message.trim().slice(0, LONGEST_MESSAGE),
    violations: [],
    retryDelay: null,
    headers: new HeaderList([]),
  };
}

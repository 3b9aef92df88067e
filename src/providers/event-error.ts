import { asRecord, parseCutJson } from './cut-json.ts';
import { type ErrorFacts, readErrorBody, readErrorValue } from './error-body.ts';

/** The words without which no vendor's event or body is an error, so that most are passed over unparsed. */
const MAY_BE_ERROR = /"error"|"(?:api_key_blocked|api_key_disabled|team_blocked)"\s{0,4}:\s{0,4}true/;

/**
 * What an error inside a 200 says, be it an event's data or a whole body; null when there is no error. The error is
 * a top-level `error` (OpenAI, OpenRouter, Gemini), an event of type `error` (Anthropic, Responses, Interactions), or
 * a `response.failed`.
 */
export function errorFactsInEvent(event: string | null, data: string): ErrorFacts | null {
  if (event !== 'error' && !MAY_BE_ERROR.test(data)) return null;
  const value = parseCutJson(data);
  if (value === undefined) return event === 'error' ? readErrorBody(data) : null;
  const root = asRecord(Array.isArray(value) ? value[0] : value);
  const isError =
    event === 'error' ||
    isPresent(root?.error) ||
    root?.type === 'error' ||
    root?.event_type === 'error' ||
    isPresent(asRecord(root?.response)?.error) ||
    root?.api_key_blocked === true ||
    root?.api_key_disabled === true ||
    root?.team_blocked === true;
  return isError ? readErrorValue(value) : null;
}

/** Responses that went well say `"error": null`. */
function isPresent(error: unknown): boolean {
  return (typeof error === 'string' && error !== '') || asRecord(error) !== null;
}

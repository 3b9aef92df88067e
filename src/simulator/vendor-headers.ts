import type { Wire } from '../model/provider.ts';

export interface HeaderFacts {
  readonly requestId: string;
  /** Null where answers do not name it: before the key is accepted, or when switched off. */
  readonly organisation: string | null;
  /** Milliseconds since the Unix epoch, by the provider's own idea of the date. */
  readonly wallNow: number;
  readonly processingMs: number;
}

/** What each vendor puts on every answer, limits apart. */
export function vendorHeaders(wire: Wire, facts: HeaderFacts): Record<string, string> {
  const date = new Date(facts.wallNow).toUTCString();
  const { organisation, requestId } = facts;
  switch (wire) {
    case 'openai':
      return {
        date,
        'x-request-id': requestId,
        'openai-version': '2020-10-01',
        'openai-processing-ms': String(Math.round(facts.processingMs)),
        ...(organisation === null
          ? {}
          : { 'openai-organization': organisation, 'openai-project': `proj_${organisation}` }),
      };
    case 'anthropic':
      return {
        date,
        'request-id': requestId,
        ...(organisation === null ? {} : { 'anthropic-organization-id': organisation }),
      };
    case 'gemini':
      return {
        date,
        'server-timing': `gfet4t7; dur=${Math.round(facts.processingMs)}`,
        'x-gemini-service-tier': 'standard',
      };
  }
}

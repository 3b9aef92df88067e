import type { VendorError } from './vendor-errors.ts';

/** What an endpoint answers, before chance and faults have their say. */
export type Answer = WholeAnswer | StreamAnswer;

export interface WholeAnswer {
  readonly kind: 'whole';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** One write of a stream. */
export interface Frame {
  readonly data: string | Buffer;
  /** How many tokens of the answer it carries, for pacing. */
  readonly tokens: number;
}

export interface StreamAnswer {
  readonly kind: 'stream';
  readonly headers: Readonly<Record<string, string>>;
  readonly frames: readonly Frame[];
  /** How this kind of stream says that something went wrong. */
  errorFrame(error: VendorError): string;
}

export function json(body: unknown, status = 200): WholeAnswer {
  return bytes(Buffer.from(JSON.stringify(body)), 'application/json', status);
}

export function bytes(body: Buffer, contentType: string, status = 200): WholeAnswer {
  return { kind: 'whole', status, headers: { 'content-type': contentType }, body };
}

/** Server-sent events, as every vendor labels them. */
export function eventStream(frames: readonly Frame[], errorFrame: StreamAnswer['errorFrame']): StreamAnswer {
  return {
    kind: 'stream',
    headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' },
    frames,
    errorFrame,
  };
}

export function dataFrame(data: unknown, tokens = 0): Frame {
  return { data: `data: ${JSON.stringify(data)}\n\n`, tokens };
}

export function eventFrame(event: string, data: unknown, tokens = 0): Frame {
  return { data: `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`, tokens };
}

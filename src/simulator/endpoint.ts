import type { IncomingHttpHeaders } from 'node:http';
import type { Wire } from '../model/provider.ts';
import type { Answer } from './answer.ts';
import { isRecord } from './json-sample.ts';
import type { Charge } from './meter.ts';
import type { Organisation } from './organisation.ts';
import type { VendorErrorName } from './vendor-errors.ts';

export interface ReceivedRequest {
  readonly method: string;
  /** The part of the target before `?`, as it was sent. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** One request to one endpoint, its credential already accepted. */
export interface Call {
  readonly request: ReceivedRequest;
  /** The named parts of the path. */
  readonly params: Readonly<Record<string, string>>;
  /** Whose objects it sees. */
  readonly organisation: Organisation;
  readonly vendor: Vendor;
}

/** What endpoints need to know of the provider as a whole. */
export interface Vendor {
  /** `http://127.0.0.1:PORT`, for answers that name an address of their own. */
  url(): string;
  readonly models: readonly string[];
  /** Resumable uploads under way, by upload id. */
  readonly uploads: Map<string, UploadSession>;
  /** Seconds since the Unix epoch, by the provider's own idea of the date. */
  nowSeconds(): number;
  newId(prefix: string): string;
  /** How long the next answer shall be, in tokens; null to answer with what was said. */
  nextLength(): number | null;
}

/** A file that is still arriving. */
export interface UploadSession {
  readonly organisation: Organisation;
  /** The name the caller wants; null to be given one. */
  readonly name: string | null;
  readonly displayName: string | null;
  readonly contentType: string;
  readonly pieces: Buffer[];
  bytes: number;
}

export function isoDate(seconds: number): string {
  return new Date(seconds * 1_000).toISOString();
}

/** What a call will cost, and how to answer it once it is admitted. */
export interface Plan {
  /** Null for calls that no limit meters. */
  readonly charge: Charge | null;
  answer(): Answer | Promise<Answer>;
}

export interface Endpoint {
  readonly wire: Wire;
  readonly method: string;
  /** Over the whole path; named groups become `params`. */
  readonly path: RegExp;
  plan(call: Call): Plan | Promise<Plan>;
}

/** Ends a call with one of the vendor's own errors. */
export class VendorRefusal extends Error {
  override readonly name = 'VendorRefusal';
  readonly error: VendorErrorName;
  readonly detail: string;

  constructor(error: VendorErrorName, detail: string) {
    super(detail);
    this.error = error;
    this.detail = detail;
  }
}

export function free(answer: () => Answer | Promise<Answer>): Plan {
  return { charge: null, answer };
}

/** The body as a JSON object; the vendor's 400 when it is not one. */
export function jsonBody({ request }: Call): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(request.body.toString('utf8'));
  } catch {
    throw new VendorRefusal('bad-request', 'We could not parse the JSON body of your request.');
  }
  if (!isRecord(parsed)) throw new VendorRefusal('bad-request', 'The body of the request must be a JSON object.');
  return parsed;
}

export function requiredString(body: Record<string, unknown>, field: string): string {
  const value = body[field];
  if (typeof value === 'string' && value !== '') return value;
  throw new VendorRefusal('bad-request', `you must provide a ${field} parameter`);
}

export function optionalNumber(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

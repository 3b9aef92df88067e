import type { HeaderList } from '../model/header-list.ts';
import type { LimitReading } from '../model/limit.ts';
import type { Outcome, TokenUsage } from '../model/outcome.ts';
import type { QuotaTraits, Wire } from '../model/provider.ts';
import type { Secret } from '../model/secret.ts';

/** An answer that may be a refusal: any status of 400 and above, or an error that came inside a 200. */
export interface RefusedReply {
  readonly status: number;
  readonly headers: HeaderList;
  /** The decoded beginning of the body, at most 64 KB; may be cut, may be anything. */
  readonly body: string;
  /** Milliseconds since the Unix epoch when the head arrived, for dates in headers and texts. */
  readonly receivedAt: number;
}

/** The two ends of a successful body, decoded, where every wire reports its usage. They may overlap. */
export interface ReplySample {
  readonly contentType: string;
  readonly head: string;
  readonly tail: string;
}

/** An error of our own, to be written in the shape the caller's SDK parses. */
export interface WireError {
  readonly status: number;
  /** Stable, kebab-case, from our own table of codes. */
  readonly code: string;
  readonly message: string;
  /** Present when waiting helps: the instant at which a call can be served, as an ISO date. */
  readonly retryAt: string | null;
  /** What a refusal by the pool adds: the binding limit, quota group and model. */
  readonly details: Readonly<Record<string, string | number>>;
}

/** Objects that live in one organisation (files, batches, stored responses…), see key-pool.md. */
export interface HomedObjects {
  /** Body fields, at any depth, whose string or list of strings may name such an object. */
  readonly requestFields: ReadonlySet<string>;
  /** Whether the answer to this request can create or show objects whose ids must be remembered. */
  creates(method: string, path: string): boolean;
  /** The ids of what an answer's headers name: an upload that was begun. */
  idsInHeaders(headers: HeaderList): readonly string[];
  /** The ids of the objects an answer shows, from the beginning of its decoded body. */
  idsIn(body: string): readonly string[];
  /** The ids a request path may name: candidates only, to be looked up. */
  idsInPath(path: string): readonly string[];
}

/**
 * Everything vendor-specific about one preset, as pure functions over bytes that already arrived. `path` is always
 * the part after the provider's name, with its query, as the caller wrote it.
 */
export interface ProviderAdapter {
  readonly wire: Wire;
  readonly traits: QuotaTraits;
  /** A 200 event stream may carry a refusal as its first event, so it is held for that event. */
  readonly errorsInStream: boolean;
  /** Headers in which a caller names an organisation or project itself, which makes detection meaningless. */
  readonly organisationRequestHeaders: readonly string[];
  /** The free call that tells whether a key is genuine; null where the vendor has none. */
  readonly validation: { readonly method: string; readonly path: string; readonly headers: readonly string[] } | null;
  readonly homedObjects: HomedObjects;
  /**
   * Beginnings of paths that stand beside the API's version and not below it, as `/upload/v1beta/files` does: a
   * version at the end of the base URL does not go in front of them.
   */
  readonly besideVersion: readonly string[];
  /**
   * Reply headers, in lower case, that name an address of the vendor's at which the caller is to go on. It becomes
   * one of ours, or the caller would go there by itself, with a key that the vendor does not know.
   */
  readonly addressHeaders: readonly string[];

  /** The header, as a flat name and value, that carries the key upstream. The only place a secret is revealed. */
  authorize(secret: Secret): readonly [name: string, value: string];
  /** The model a path names (Gemini, Azure deployments); null when the body has to say. */
  modelInPath(path: string): string | null;
  classify(reply: RefusedReply): Outcome;
  /**
   * An error carried by one server-sent event; null when the event is not an error. A failure of the provider's own is
   * `uncertain` here too: whether content came before it, and so whether it may be sent again, the caller knows.
   */
  classifyEvent(event: string | null, data: string): Outcome | null;
  /** The windows a reply's headers announce; empty where it announces none. */
  readLimits(headers: HeaderList, receivedAt: number): readonly LimitReading[];
  /**
   * The organisation a reply says it was metered under; null where it does not say. The text of a refusal, given as
   * `body`, may name it where the headers do not.
   */
  organisationOf(headers: HeaderList, body?: string): string | null;
  readUsage(sample: ReplySample): TokenUsage | null;
  /** A JSON body. */
  renderError(error: WireError): string;
  /** A complete server-sent event that ends a broken stream; null where the wire has none. */
  renderStreamError(message: string): string | null;
}

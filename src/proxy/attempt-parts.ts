import type { Lease } from '../key-pool/lease.ts';
import type { Secret } from '../model/secret.ts';
import type { ProviderAdapter } from '../providers/provider-adapter.ts';
import type { Exchange, Reply } from './exchange.ts';
import type { ObjectHomes } from './object-homes.ts';
import type { RequestBody } from './request-body.ts';
import type { Route } from './route-request.ts';
import type { UpstreamClient } from './upstream-client.ts';

/** What all attempts of one exchange share. */
export interface AttemptParts {
  readonly exchange: Exchange;
  readonly to: Reply;
  readonly route: Route;
  readonly body: RequestBody;
  readonly adapter: ProviderAdapter;
  readonly upstream: UpstreamClient;
  readonly homes: ObjectHomes;
  /** Flat, in the caller's order, without any credential. */
  readonly headers: readonly string[];
  /** The caller named an organisation itself, so that a reply's organisation tells nothing about the key. */
  readonly organisationChosen: boolean;
  /** Keys an upstream must not quote back: those this exchange was sent with, and any other in force. */
  readonly sentSecrets: Secret[];
  readonly keysInForce: ReadonlySet<string>;
  readonly clientStallMs: number;
  /** Headers of ours on every reply, flat. */
  readonly replyHeaders: (lease: Lease) => string[];
}

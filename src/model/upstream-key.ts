import type { TypedLimit } from './limit.ts';
import type { Secret } from './secret.ts';
import type { UpstreamUrl } from './upstream-url.ts';

/** A credential a vendor gave the operator. */
export interface UpstreamKey {
  /** A keyed hash of provider and secret: stable over edits and restarts, and tells nothing about the secret. */
  readonly id: string;
  readonly label: string;
  /** The quota group it belongs to; its own by default. */
  readonly group: string;
  /** Null for the one implicit entry of a provider that needs no credential. */
  readonly secret: Secret | null;
  readonly weight: number;
  readonly enabled: boolean;
  /** Bind this key as well as its group. */
  readonly limits: readonly TypedLimit[];
  /** This key's own resource (Azure); null for the provider's. */
  readonly baseUrl: UpstreamUrl | null;
}

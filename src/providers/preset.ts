import type { WindowAlgorithm } from '../model/limit.ts';
import type { Wire } from '../model/provider.ts';
import type { LimitHeaderFamily } from './limit-header-families.ts';
import type { RefusalRule } from './refusal-rules.ts';

/** Where a key goes on its way upstream. */
export interface CredentialHeader {
  /** In lower case. */
  readonly header: string;
  /** `Bearer`, written before the key with a space; null for the bare key. */
  readonly scheme: string | null;
}

/** A kind of credential that goes elsewhere, known by how it begins (an Entra token at Azure). */
export interface AlternativeCredential extends CredentialHeader {
  readonly startsWith: string;
}

export interface ValidationCall {
  readonly method: string;
  /** Joined to the base URL like any path of a caller. */
  readonly path: string;
  /** Flat names and values, beside the credential. */
  readonly headers: readonly string[];
}

/** Models whose names match share a limit; `$1` and its like in `modelClass` stand for what the pattern captured. */
export interface ModelFamily {
  readonly pattern: RegExp;
  readonly modelClass: string;
}

/** What a vendor's documentation says about how it meters; unknown is null or false. */
export interface QuotaFacts {
  readonly algorithm: WindowAlgorithm | null;
  readonly refusalsCount: boolean;
  readonly chargesMaxTokens: boolean;
}

/** One vendor's facts, as data. A new vendor that speaks a known wire is one row of these in `presets.ts`. */
export interface Preset {
  /** As configurations name it. */
  readonly name: string;
  /** As people write it. */
  readonly title: string;
  readonly wire: Wire;
  /** Null where it is the operator's own: a resource, a host. */
  readonly baseUrl: string | null;
  /** Of the vendor's own page on limits or errors; null for custom providers. */
  readonly docs: string | null;
  /** Where the vendor hands out keys; null where there is no such page, or none that is known. */
  readonly keysPage: string | null;
  readonly credential: CredentialHeader;
  readonly alternatives: readonly AlternativeCredential[];
  /** It answers without a credential unless it was set up to ask for one. */
  readonly keyOptional: boolean;
  /** A call that costs nothing and fails with a bad key; null where there is none. */
  readonly validation: ValidationCall | null;
  readonly limitHeaders: LimitHeaderFamily;
  /** The reply header that names the organisation a request was metered under. */
  readonly organisationReplyHeader: string | null;
  /** Headers in which a caller names an organisation or project itself. */
  readonly organisationRequestHeaders: readonly string[];
  /** What only this vendor means by a status or word, merged into the table of refusals. */
  readonly refusals: readonly RefusalRule[];
  /** The first that matches counts; a model in none is a class of its own. */
  readonly modelFamilies: readonly ModelFamily[];
  readonly quota: QuotaFacts;
  /** A 200 event stream may begin with an error. */
  readonly errorsInStream: boolean;
  /** Runs on the operator's machines: its only limit is how many requests run at once. */
  readonly selfHosted: boolean;
  /** The default of the provider's setting of that name. */
  readonly allowPrivateAddress: boolean;
  /** Its behaviour was checked against recorded answers; else it follows the documentation alone. */
  readonly proven: boolean;
}

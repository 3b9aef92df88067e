/** What an operator may want to be told. Texts hold labels, never secrets. */
export type PoolEvent =
  /** A limit or an announcement made no sense and was left out or bounded. */
  | { readonly kind: 'warning'; readonly provider: string; readonly text: string }
  | { readonly kind: 'key-rejected'; readonly provider: string; readonly keyId: string; readonly reason: string }
  | {
      readonly kind: 'quota-exhausted';
      readonly provider: string;
      readonly group: string;
      readonly reason: string;
      readonly backInMs: number | null;
    }
  | {
      readonly kind: 'provider-overloaded';
      readonly provider: string;
      readonly modelClass: string;
      readonly reason: string;
    }
  | {
      readonly kind: 'groups-merged';
      readonly provider: string;
      readonly group: string;
      readonly keyIds: readonly string[];
    }
  | {
      readonly kind: 'groups-parted';
      readonly provider: string;
      readonly group: string;
      readonly keyIds: readonly string[];
    };

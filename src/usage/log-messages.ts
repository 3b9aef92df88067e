import type { ExchangeRecord } from '../model/exchange.ts';
import type { LogFilter, UsageQuery } from '../model/request-log.ts';
import type { PackedRecords } from './pack-records.ts';
import type { OwnPrice } from './prices.ts';

/** What the threads that write and read the log are told and answer. */

export interface LogSettings {
  /** Absolute. */
  readonly folder: string;
  /** Entries that are older go; sums stay longer (usage-table.ts). */
  readonly keptMs: number;
  /** Of the database, its journal included. */
  readonly maxBytes: number;
  /** Of logs.jsonl and the one before it; null writes none. */
  readonly maxLineBytes: number | null;
  readonly prices: {
    /** The first that fits counts; all of them before the bundled list. */
    readonly own: readonly OwnPrice[];
    /** Where the vendor's own API lives, by the provider's name in the configuration. */
    readonly apiUrls: Readonly<Record<string, string>>;
  };
}

export interface BatchToWrite {
  readonly number: number;
  /** Every batch before it is answered: one that failed comes again before any later one. */
  readonly isFirst: boolean;
  readonly records: readonly ExchangeRecord[];
  readonly toDatabase: boolean;
  readonly toLines: boolean;
}

export interface PackedBatch extends Omit<BatchToWrite, 'records'> {
  readonly packed: PackedRecords;
}

/** To the thread. `close` ends it, once everything before is done. */
export type WriterRequest =
  | { readonly kind: 'settings'; readonly settings: LogSettings }
  | { readonly kind: 'write'; readonly batch: PackedBatch }
  | { readonly kind: 'close' };

/** One for each `write`, in their order. */
export interface WriterReply {
  readonly number: number;
  /** Of each record, in their order. */
  readonly costs: readonly Cost[];
  readonly isInDatabase: boolean;
  /** A clause that says why it was not written; null when it was, or was not to be. */
  readonly databaseProblem: string | null;
  readonly linesProblem: string | null;
}

export interface Cost {
  readonly costUsd: number | null;
  readonly pricedBy: string | null;
}

/** What a thread is started with. */
export interface WriterThreadData {
  /** Tells one run of the program from another. */
  readonly session: string;
  readonly settings: LogSettings;
}

export type ReaderQuestion =
  | {
      readonly kind: 'search';
      readonly filter: LogFilter;
      readonly page: { readonly cursor: string | null; readonly limit: number };
    }
  | { readonly kind: 'get'; readonly id: string }
  | { readonly kind: 'usage'; readonly query: UsageQuery };

/** To the thread that reads; null ends it, once everything before is answered. */
export type ReaderRequest = { readonly number: number; readonly question: ReaderQuestion } | null;

export type ReaderReply = { readonly number: number } & ({ readonly found: unknown } | { readonly problem: string });

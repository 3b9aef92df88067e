import type { DatabaseSync } from 'node:sqlite';

/** Kept in the file as `user_version`. A file of a higher one was written by a newer rotato and is left alone. */
export const LOG_VERSION = 1;

export const LOG_FILE = 'log.db';

/**
 * `entry` is narrow, so that looking at a million of them is quick; what is shown of one stands in `story`, as the line
 * it is in logs.jsonl. A `block` says what its entries, numbers `first` to `last`, can be searched for; the newest entries
 * belong to none yet. Entries get their numbers in the order they are filed, which is the order in which they ended and no clock can
 * disturb. `tried` lists the keys of earlier attempts between line feeds, for which a label has no room.
 */
const SCHEMA = `
create table entry (
  seq integer primary key,
  at integer not null,
  status integer,
  duration real not null,
  ending text not null,
  key text,
  model text,
  client text,
  provider text,
  tried text
);
create table story (seq integer primary key, line text not null);
create table block (
  last integer primary key,
  first integer not null,
  first_at integer not null,
  last_at integer not null,
  signature blob not null
);
create table usage (
  span integer not null,
  at integer not null,
  provider text not null,
  "group" text not null,
  key text not null,
  client text not null,
  model text not null,
  requests integer not null,
  failed integer not null,
  refusedByUs integer not null,
  refusalsAvoided integer not null,
  attempts integer not null,
  refusalsProvoked integer not null,
  waitMs real not null,
  durationMs real not null,
  bytesIn integer not null,
  bytesOut integer not null,
  inputTokens integer,
  outputTokens integer,
  cachedInputTokens integer,
  cacheWriteTokens integer,
  reasoningTokens integer,
  tokensUnknown integer not null,
  costUsd real,
  costUnknown integer not null,
  primary key (span, at, provider, "group", key, client, model)
) without rowid;
create table filed (only_row integer primary key check (only_row = 1), session text not null, batch integer not null);
`;

export function readVersion(database: DatabaseSync): number {
  return (database.prepare('pragma user_version').get() as { user_version: number }).user_version;
}

/** The file is new and empty. */
export function createLogSchema(database: DatabaseSync): void {
  // Before the first table: afterwards it would need the whole file to be written anew.
  database.exec('pragma auto_vacuum = incremental');
  database.exec(`begin; ${SCHEMA} pragma user_version = ${LOG_VERSION}; commit`);
}

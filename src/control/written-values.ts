import { formatDuration } from '../config/quantities.ts';
import type { Timeouts } from '../model/provider.ts';
import type { StatusSet } from '../model/status-set.ts';
import type { UpstreamUrl } from '../model/upstream-url.ts';

/** Values as a person would write them into the configuration file. */

export function writtenUrl({ origin, path }: UpstreamUrl): string {
  return `${origin}${path}`;
}

/** As few parts as say it: `500-503`, or the number alone. */
export function writtenStatuses(set: StatusSet): (string | number)[] {
  const ranges: { first: number; last: number }[] = [];
  for (const status of set.values()) {
    const range = ranges.at(-1);
    if (range !== undefined && range.last === status - 1) range.last = status;
    else ranges.push({ first: status, last: status });
  }
  return ranges.map(({ first, last }) => (first === last ? first : `${first}-${last}`));
}

export function writtenTimeouts({ connectMs, firstByteMs, idleMs }: Timeouts) {
  return { connect: formatDuration(connectMs), firstByte: formatDuration(firstByteMs), idle: formatDuration(idleMs) };
}

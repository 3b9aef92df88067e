import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeaderList } from '../model/header-list.ts';
import { readStructuredLimits } from './ietf-rate-limit.ts';

function read(limit: string, policy?: string) {
  const raw = ['RateLimit', limit, ...(policy === undefined ? [] : ['RateLimit-Policy', policy])];
  return readStructuredLimits(new HeaderList(raw)).map(({ dimension, periodMs, limit: quota, remaining, resetMs }) => [
    dimension,
    periodMs,
    quota,
    remaining,
    resetMs,
  ]);
}

describe('readStructuredLimits', () => {
  it('joins a limit with its policy, as Hugging Face writes them', () => {
    expect(read('"api";r=999;t=295', '"fixed window";"api";q=1000;w=300')).toEqual([
      ['requests', 300_000, 1_000, 999, 295_000],
    ]);
  });

  it('joins several by name, as the draft writes them', () => {
    expect(read('"burst";r=5;t=1, "day";r=900;t=4000', '"burst";q=10;w=1,"day";q=1000;w=86400')).toEqual([
      ['requests', 1_000, 10, 5, 1_000],
      ['requests', 86_400_000, 1_000, 900, 4_000_000],
    ]);
  });

  it('reads a limit without a policy, and tokens where the policy counts them', () => {
    expect(read('default;r=50;t=30')).toEqual([['requests', null, null, 50, 30_000]]);
    expect(read('"t";r=50', '"t";q=100;w=60;qu="tokens"')).toEqual([['tokens', 60_000, 100, 50, null]]);
  });

  it('leaves out units the pool does not count', () => {
    expect(read('"b";r=50', '"b";q=100;w=60;qu="content-bytes"')).toEqual([]);
  });

  it('reads nothing in garbage', () => {
    expect(read('')).toEqual([]);
    expect(read('"unclosed;r=5')).toEqual([]);
    expect(read('"a";r=-5;t=x')).toEqual([]);
  });

  it('never throws', () => {
    const bits = fc
      .array(fc.constantFrom('"', ';', ',', '=', 'r', 't', 'q', 'w', '5', ' ', 'a'))
      .map((all) => all.join(''));
    fc.assert(
      fc.property(bits, bits, (limit, policy) => {
        read(limit, policy);
      }),
    );
  });
});

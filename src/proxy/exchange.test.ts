import { describe, expect, it } from 'vitest';
import { recordedPath } from './exchange.ts';

describe('a recorded path', () => {
  it('is the path as it came, without the query', () => {
    expect(recordedPath('/openai/chat/completions?key=sk-0123')).toBe('/openai/chat/completions');
    expect(recordedPath(`/${'u'.repeat(2047)}`)).toBe(`/${'u'.repeat(2047)}`);
  });

  it('is cut where it is longer than anybody wants to read', () => {
    expect(recordedPath(`/${'u'.repeat(120_000)}`)).toBe(`/${'u'.repeat(2047)}`);
  });
});

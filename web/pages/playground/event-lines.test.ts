import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventLines } from './event-lines.ts';

const EVENTS = ['{"a":1}', 'two\nlines', '[DONE]', 'with data: inside'];

function written(newline: string): string {
  const lines = EVENTS.flatMap((data) => ['event: x', ...data.split('\n').map((line) => `data: ${line}`), '']);
  return [': a comment', '', ...lines, ''].join(newline);
}

function readIn(pieces: readonly string[]): readonly string[] {
  const lines = new EventLines();
  return [...pieces.flatMap((piece) => lines.push(piece)), ...lines.end()];
}

describe('an event stream', () => {
  it('is read alike however it is cut, with any line ends', () => {
    fc.assert(
      fc.property(fc.constantFrom('\n', '\r\n', '\r'), fc.array(fc.nat(200), { maxLength: 12 }), (newline, cuts) => {
        const text = written(newline);
        const at = [0, ...cuts.filter((cut) => cut < text.length).sort((a, b) => a - b), text.length];
        const pieces = at.slice(1).map((end, place) => text.slice(at[place], end));
        expect(readIn(pieces)).toEqual(EVENTS);
      }),
      { seed: 11 },
    );
  });

  it('gives the last event even without the line that should end it', () => {
    expect(readIn(['data: {"last":', 'true}'])).toEqual(['{"last":true}']);
  });
});

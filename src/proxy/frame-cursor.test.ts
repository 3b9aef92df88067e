import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameCursor } from './frame-cursor.ts';

/** As a peer writes them: text or binary, masked or not, short, two-byte and eight-byte lengths. */
const frame = fc
  .record({
    length: fc.oneof(fc.nat({ max: 130 }), fc.constantFrom(125, 126, 127, 65_535, 65_536, 70_000)),
    masked: fc.boolean(),
    opcode: fc.constantFrom(0, 1, 2, 8, 9, 10),
  })
  .map(({ length, masked, opcode }) => {
    const mask = masked ? 0x80 : 0;
    const lengthBytes =
      length < 126
        ? [mask | length]
        : length < 65_536
          ? [mask | 126, length >> 8, length & 255]
          : [mask | 127, 0, 0, 0, 0, ...[24, 16, 8, 0].map((shift) => (length >> shift) & 255)];
    return Buffer.concat([Buffer.from([0x80 | opcode, ...lengthBytes]), Buffer.alloc(length + (masked ? 4 : 0), 0xff)]);
  });

function endsOf(frames: readonly Buffer[]): number[] {
  let total = 0;
  return frames.map(({ length }) => {
    total += length;
    return total;
  });
}

describe('FrameCursor', () => {
  it('knows after every byte whether a frame has ended there', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 4 }), (frames) => {
        const ends = new Set(endsOf(frames));
        const stream = Buffer.concat(frames);
        const cursor = new FrameCursor();
        expect(cursor.isBetween).toBe(true);
        for (let at = 0; at < stream.length; at++) {
          cursor.feed(stream.subarray(at, at + 1));
          if (cursor.isBetween !== ends.has(at + 1)) throw new Error(`wrong after byte ${at + 1}`);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('says where in a chunk the first frame ends, however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(frame, { minLength: 1, maxLength: 4 }),
        fc.array(fc.nat({ max: 200_000 })),
        (frames, cuts) => {
          const stream = Buffer.concat(frames);
          const ends = endsOf(frames);
          const cursor = new FrameCursor();
          let from = 0;
          for (const to of [...cuts.map((cut) => cut % stream.length), stream.length].sort((a, b) => a - b)) {
            const firstEnd = ends.find((end) => end > from && end <= to);
            expect(cursor.feed(stream.subarray(from, to))).toBe(firstEnd === undefined ? -1 : firstEnd - from);
            expect(cursor.isBetween).toBe(to === 0 || ends.includes(to));
            from = to;
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});

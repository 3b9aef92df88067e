import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Farewell } from './farewell.ts';

const GOODBYE = Buffer.from([0x88, 2, 1001 >> 8, 1001 & 255]);

/** An unmasked binary frame, as a server writes it. */
const frame = fc.uint8Array({ maxLength: 120 }).map((payload) => Buffer.from([0x82, payload.length, ...payload]));

function received(farewell: Farewell): Buffer {
  const chunks: Buffer[] = [];
  for (let chunk = farewell.read(); chunk !== null; chunk = farewell.read()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe('Farewell', () => {
  it('finishes the frame under way, says that the server goes away, and lets nothing follow', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 5 }), fc.array(fc.nat()), fc.nat(), (frames, cuts, moment) => {
        const stream = Buffer.concat(frames);
        const places = [0, ...cuts.map((cut) => cut % (stream.length + 1)), stream.length].sort((a, b) => a - b);
        const leaveAfter = places[moment % places.length] as number;
        const farewell = new Farewell({ highWaterMark: 2 ** 20 });
        let left = false;
        for (const [nth, place] of places.entries()) {
          farewell.write(stream.subarray(places[nth - 1] ?? 0, place));
          if (place === leaveAfter && !left) {
            left = true;
            farewell.leave();
          }
        }
        let lastEnd = 0;
        for (const { length } of frames) if (lastEnd < leaveAfter) lastEnd += length;
        expect(received(farewell)).toEqual(Buffer.concat([stream.subarray(0, lastEnd), GOODBYE]));
      }),
    );
  });

  it('changes nothing while the server stays', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
        const farewell = new Farewell({ highWaterMark: 2 ** 20 });
        farewell.write(Buffer.from(bytes));
        expect(received(farewell)).toEqual(Buffer.from(bytes));
      }),
    );
  });
});

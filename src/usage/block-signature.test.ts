import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockSignature } from './block-signature.ts';

describe('the signature of a block', () => {
  it('never denies what is there: values, and every part of a text in letters of any case', () => {
    const values = fc.array(fc.string(), { maxLength: 50 });
    const texts = fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 20 });
    fc.assert(
      fc.property(values, texts, fc.nat(), fc.nat(), (given, written, from, length) => {
        const signature = new BlockSignature();
        for (const value of given) signature.addValue('key', value);
        for (const text of written) signature.addText(text);
        const read = new BlockSignature(signature.bytes);
        for (const value of given) expect(read.mayHaveValue('key', value)).toBe(true);
        for (const text of written) {
          const part = text.slice(from % (text.length + 1)).slice(0, length % 40);
          expect(read.mayHaveText(part)).toBe(true);
          expect(read.mayHaveText(part.replace(/[a-z]/g, (letter) => letter.toUpperCase()))).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('hardly ever affirms what is not there', () => {
    const signature = new BlockSignature();
    for (let nth = 0; nth < 1024; nth++) {
      signature.addValue('id', `id-${nth}`);
      signature.addText(`/openai/v1/responses/resp_${nth}: requests/min full for ${nth / 10} s`);
    }
    const strangers = Array.from({ length: 1000 }, (_, nth) => `stranger ${nth}`);
    expect(strangers.filter((text) => signature.mayHaveText(text)).length).toBe(0);
    expect(strangers.filter((value) => signature.mayHaveValue('id', value)).length).toBeLessThan(20);
    expect(signature.mayHaveValue('key', 'id-1')).toBe(false);
  });
});

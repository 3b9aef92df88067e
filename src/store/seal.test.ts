import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from '../model/secret.ts';
import { Seal } from './seal.ts';

const newSeal = () => new Seal(new Secret(randomBytes(32).toString('base64')));
const anyText = fc.string({ unit: 'grapheme' });

describe('Seal', () => {
  it('gives back what was sealed, for its own place alone', () => {
    const seal = newSeal();
    fc.assert(
      fc.property(anyText, anyText, anyText, (text, place, other) => {
        const sealed = seal.seal(text, place);
        expect(seal.unseal(sealed, place)).toBe(text);
        expect(seal.unseal(sealed, other)).toBe(other === place ? text : null);
      }),
    );
  });

  it('opens nothing that another key sealed, or that lost or changed a bit', () => {
    const seal = newSeal();
    const other = newSeal();
    fc.assert(
      fc.property(anyText, fc.nat(), fc.nat(7), (text, at, bit) => {
        const sealed = seal.seal(text, 'row');
        expect(other.unseal(sealed, 'row')).toBeNull();
        expect(seal.unseal(sealed.subarray(0, at % sealed.length), 'row')).toBeNull();
        sealed[at % sealed.length]! ^= 1 << bit;
        expect(seal.unseal(sealed, 'row')).toBeNull();
      }),
    );
  });

  it('never seals the same text to the same bytes, and shows none of it', () => {
    const seal = newSeal();
    const [first, second] = [seal.seal('sk-a-secret', 'row'), seal.seal('sk-a-secret', 'row')];
    expect(first).not.toEqual(second);
    expect(Buffer.from(first).includes('secret')).toBe(false);
  });

  it('hands out bytes that share no memory with others', () => {
    const sealed = newSeal().seal('text', 'row');
    expect(sealed.buffer.byteLength).toBe(sealed.byteLength);
  });

  it('proves a key by its check value', () => {
    const [seal, other] = [newSeal(), newSeal()];
    expect(seal.opensCheck(seal.makeCheck())).toBe(true);
    expect(other.opensCheck(seal.makeCheck())).toBe(false);
    expect(seal.opensCheck(seal.seal('rotato', 'row'))).toBe(false);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lastObjectNamed } from './stream-usage.ts';

const any = () => true;

describe('lastObjectNamed', () => {
  it('finds the last, whatever stands around it', () => {
    expect(lastObjectNamed('…cut"}],"usage":{"a":1}},"usage": {"a":2}}\n\ndata: {"x', 'usage', any)).toEqual({ a: 2 });
  });

  it('passes over one that is cut, null, a string, a list, or not accepted', () => {
    const text = '"usage":{"a":1},"usage":null,"usage":"x","usage":[1],"k":"usage","usage":{"b":1},"usage":{"a":';
    expect(lastObjectNamed(text, 'usage', (object) => 'a' in object)).toEqual({ a: 1 });
  });

  it('does not take for usage what a model wrote about usage', () => {
    const answer = JSON.stringify({ content: JSON.stringify({ usage: { a: 666 } }), odd: 'x"usage":{"a":7}' });
    expect(lastObjectNamed(answer, 'usage', any)).toBeNull();
    expect(lastObjectNamed(JSON.stringify({ 'x"usage': { a: 7 } }), 'usage', any)).toBeNull();
  });

  it('is not confused by braces and quotes in strings', () => {
    expect(lastObjectNamed('"usage":{"tier":"}\\"{","a":1}', 'usage', any)).toEqual({ tier: '}"{', a: 1 });
  });

  it('finds a whole object in any tail that holds it', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(1_000_000), fc.nat(), (before, count, cut) => {
        const whole = `{"output":${before},"usage":{"n":${count}},"z":0}`;
        const from = cut % whole.lastIndexOf('"usage"');
        expect(lastObjectNamed(whole.slice(from), 'usage', (object) => 'n' in object)).toEqual({ n: count });
      }),
    );
  });

  it('gives up on a name that is everywhere', () => {
    expect(
      lastObjectNamed(`"usage":{"a":1},${'"usage":{"b":1},'.repeat(1_000)}`, 'usage', (object) => 'a' in object),
    ).toBeNull();
  });
});

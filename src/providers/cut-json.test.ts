import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCutJson } from './cut-json.ts';

const jsonObject = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 6 });

describe('parseCutJson', () => {
  it('gives what JSON.parse gives for whole JSON', () => {
    fc.assert(
      fc.property(jsonObject, (value) => {
        const text = JSON.stringify(value);
        expect(parseCutJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('gives something for every beginning of an object, and never throws', () => {
    fc.assert(
      fc.property(jsonObject, fc.nat(), (value, cut) => {
        const text = JSON.stringify(value);
        const beginning = text.slice(0, 1 + (cut % text.length));
        expect(parseCutJson(beginning)).toBeTypeOf('object');
      }),
    );
  });

  it('never throws, whatever the text', () => {
    const bits = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      ',',
      ':',
      '\\',
      '\\u12',
      'null',
      '1',
      ' ',
      '\n',
      'data:',
      'x',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(bits).map((parts) => parts.join('')),
        ),
        (text) => {
          parseCutJson(text);
        },
      ),
    );
  });

  it.each<[string, string, unknown]>([
    ['a cut message', '{"error":{"message":"Rate limit rea', { error: { message: 'Rate limit rea' } }],
    ['a cut escape', '{"error":{"message":"caf\\u00', { error: { message: 'caf' } }],
    ['a cut name', '{"error":{"code":429,"mess', { error: { code: 429 } }],
    // Half a number is another number.
    ['a cut number', '{"a":{"limit":300', { a: {} }],
    ['a cut list', '{"a":[{"b":1},{"c"', { a: [{ b: 1 }, {}] }],
    ['blank lines first', '\n\n \r\n{"a":1}', { a: 1 }],
    ['a byte order mark', '\uFEFF{"a":1}', { a: 1 }],
    ['keep-alive comments', ': keep-alive\n\n: keep-alive\n\n{"a":1}', { a: 1 }],
    ['an event', 'event: error\ndata: {"a":1}\n\n', { a: 1 }],
    ['a second value', '{"a":1}\n{"b":2}', { a: 1 }],
    ['a list', '[{"error":{"code":429}}', [{ error: { code: 429 } }]],
  ])('reads past %s', (_, text, value) => {
    expect(parseCutJson(text)).toEqual(value);
  });

  it.each(['', '   ', '<html>', 'Too Many Requests', ': only a comment', 'event: ping\n', 'true'])(
    'finds no JSON in %j',
    (text) => {
      expect(parseCutJson(text)).toBeUndefined();
    },
  );

  it('survives nesting of any depth', () => {
    expect(parseCutJson('['.repeat(65_536))).toBeDefined();
    expect(() => parseCutJson('{"a":'.repeat(10_000))).not.toThrow();
  });
});

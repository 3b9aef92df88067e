import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findPastedKeys, maskKey, previewPastedKeys } from './pasted-keys.ts';

const [first, second] = ['sk-one-000000001111', 'sk-two-000000002222'];
const seen = (text: string) => previewPastedKeys(text).keys.map(({ masked, label }) => [masked, label]);
const both = [
  ['…1111', null],
  ['…2222', null],
];

describe('a look at pasted keys', () => {
  it.each([
    ['one on each line', `${first}\n${second}\n`],
    ['with commas', `${first}, ${second}`],
    ['with quotes and commas, as from code', `"${first}",\n'${second}',`],
    ['a JSON list', JSON.stringify([first, second])],
    ['a line of an .env file', `export OPENAI_API_KEYS="${first},${second}"`.replace(/"/g, '')],
    ['with comments and blank lines', `# keys\n\n${first}\n// more\n${second}`],
    ['a YAML list', `- ${first}\n- ${second}`],
  ])('finds them %s', (_shape, text) => {
    expect(seen(text)).toEqual(both);
  });

  it('finds labels', () => {
    expect(seen(`team-a: ${first}\nteam-b: ${second}`)).toEqual([
      ['…1111', 'team-a'],
      ['…2222', 'team-b'],
    ]);
    expect(seen(JSON.stringify({ keys: [{ key: first, label: 'team-a' }, { key: second }] }))).toEqual([
      ['…1111', 'team-a'],
      ['…2222', null],
    ]);
    expect(seen(JSON.stringify({ 'team-a': first }))).toEqual([['…1111', 'team-a']]);
  });

  it('says what stands out', () => {
    const preview = previewPastedKeys(`${first}\n${first}\nsk-with space\nyour-api-key\n${'k'.repeat(10_000)}`);
    expect(preview.repeated).toBe(1);
    expect(preview.keys.map(({ doubt }) => doubt)).toEqual([
      null,
      null,
      'holds a space',
      'looks like a placeholder',
      'is longer than 8 KB',
    ]);
  });

  it('never shows more than a quarter of a key, nor more than four characters', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (key) => {
        const shown = maskKey(key).slice(1);
        expect(shown.length).toBeLessThanOrEqual(Math.min(4, key.length / 4));
        expect(key.endsWith(shown)).toBe(true);
      }),
    );
  });

  it('takes any text without harm', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => previewPastedKeys(text).keys.length >= 0));
  });
});

it('gives the keys themselves, with their labels, where a quota group is named for them', () => {
  expect(findPastedKeys(`team-a: ${first}\n${second}`)).toEqual([{ key: first, label: 'team-a' }, { key: second }]);
});

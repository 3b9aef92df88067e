import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PastedKey, readPastedKeys } from './pasted-keys.ts';

const A = 'sk-proj-AAAAbbbbCCCC1111';
const B = 'sk-proj-DDDDeeeeFFFF2222';

const found = (text: string) =>
  readPastedKeys(text).map(({ key, label }) => (label === null ? key : `${label}=${key}`));
const problems = (text: string) => readPastedKeys(text).map(({ problem }) => problem);

describe('keys are found', () => {
  it.each([
    ['one a line', `${A}\n${B}`],
    ['one a line, from Windows, with blank lines', `\r\n${A}\r\n\r\n${B}\r\n`],
    ['with commas', `${A}, ${B},`],
    ['with semicolons and tabs', `${A};\t${B}`],
    ['with spaces', `${A} ${B}`],
    ['in quotes', `"${A}",\n'${B}'`],
    ['in backticks and typographic quotes', `\`${A}\`\n“${B}”`],
    ['a JSON list', JSON.stringify([A, B])],
    ['a JSON list over lines', JSON.stringify([A, B], null, 2)],
    ['a JSON list that was cut out of something', `  "${A}",\n  "${B}"\n],`],
    ['a JSON object that lists keys', JSON.stringify({ keys: [A, B] })],
    ['JSON objects', JSON.stringify([{ key: A }, { apiKey: B }])],
    ['a list of YAML', `- ${A}\n- key: ${B}`],
    ['numbered', `1. ${A}\n2) ${B}`],
    ['as headers', `Authorization: Bearer ${A}\nx-api-key: ${B}`],
    ['with invisible characters of a web page', `\ufeff${A}\u200b\n${B}`],
    ['between comments', `# mine\n${A}\n// his\n${B} # until June`],
  ])('%s', (_, text) => {
    expect(found(text)).toEqual([A, B]);
  });

  it.each([
    ['variables', `export OPENAI_KEY_A="${A}"\nOPENAI_KEY_B=${B}`, [`OPENAI_KEY_A=${A}`, `OPENAI_KEY_B=${B}`]],
    ['a colon', `team a: ${A}\nteam-b: "${B}"`, [`team a=${A}`, `team-b=${B}`]],
    ['columns', `name,key\nteam-a,${A}\n${B};team-b`, ['name', 'key', `team-a=${A}`, `team-b=${B}`]],
    [
      'JSON',
      JSON.stringify([
        { label: 'team-a', key: A },
        { name: 'team-b', token: B },
      ]),
      [`team-a=${A}`, `team-b=${B}`],
    ],
    ['names in JSON', JSON.stringify({ 'team-a': A, 'team-b': B }), [`team-a=${A}`, `team-b=${B}`]],
    ['YAML', `team-a: ${A}\nteam-b: ${B}`, [`team-a=${A}`, `team-b=${B}`]],
  ])('with their labels: %s', (_, text, expected) => {
    expect(found(text)).toEqual(expected);
  });

  it('with the group that JSON gives them', () => {
    expect(readPastedKeys(JSON.stringify([{ key: A, group: 'org-a' }]))[0]).toMatchObject({ key: A, group: 'org-a' });
  });

  it('several behind one variable, none of which it names', () => {
    expect(found(`OPENAI_API_KEYS=${A},${B}`)).toEqual([A, B]);
  });

  it('that end with "=", as base64 does', () => {
    expect(found('QUJDREVGR0hJSktMTU5PUA==\nQUJDREVGR0hJSktMTU5PUQ=')).toEqual([
      'QUJDREVGR0hJSktMTU5PUA==',
      'QUJDREVGR0hJSktMTU5PUQ=',
    ]);
  });
});

describe('what is no key is told', () => {
  it.each([
    ['sk-proj-...abcd', 'is shortened or masked; copy the whole key'],
    ['sk-proj-****abcd', 'is shortened or masked; copy the whole key'],
    [`\${OPENAI_API_KEY}`, 'is a reference to the environment, which only the configuration file can hold'],
    ['my key is secret', 'holds a space or a line break'],
    ['schlüssel-mit-umlaut-1234', 'holds a character that no key has'],
    ['sk-1234"5678', 'holds a quote'],
    ['k'.repeat(10_000), 'is 10000 characters long; no key has more than 8192'],
  ])('%s', (text, problem) => {
    expect(problems(text)).toEqual([problem]);
  });

  it('and nothing at all is nothing', () => {
    for (const text of ['', ' \n\t\n', '# only a comment', '[]', '{}', '[null, {}]'])
      expect(readPastedKeys(text)).toEqual([]);
  });
});

const keyText = fc.stringMatching(/^sk-[A-Za-z0-9_-]{12,60}[0-9]$/);
const labelText = fc.stringMatching(/^[a-z][a-z-]{0,10}[a-z]$/);

type Entry = { readonly key: string; readonly label: string };

/** Ways people hold keys and labels. Without labels, what is read has none. */
const SHAPES: Readonly<Record<string, { readonly labelled: boolean; render(entries: readonly Entry[]): string }>> = {
  lines: { labelled: false, render: (entries) => entries.map(({ key }) => key).join('\n') },
  commas: { labelled: false, render: (entries) => `${entries.map(({ key }) => key).join(' , ')},` },
  'quoted lines': { labelled: false, render: (entries) => entries.map(({ key }) => `"${key}",`).join('\r\n') },
  json: { labelled: false, render: (entries) => JSON.stringify(entries.map(({ key }) => key)) },
  objects: { labelled: true, render: (entries) => JSON.stringify(entries) },
  env: { labelled: true, render: (entries) => entries.map(({ key, label }) => `export ${label}='${key}'`).join('\n') },
  colons: { labelled: true, render: (entries) => entries.map(({ key, label }) => `  ${label}: ${key}`).join('\n\n') },
};

describe('properties', () => {
  it('whatever the shape, the same keys come out, in order, each with its label', () => {
    const entries = fc.array(fc.record({ key: keyText, label: labelText }), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(entries, fc.constantFrom(...Object.keys(SHAPES)), (given, name) => {
        const shape = SHAPES[name];
        if (shape === undefined) return;
        const read = readPastedKeys(shape.render(given));
        expect(read.map(({ key }) => key)).toEqual(given.map(({ key }) => key));
        expect(read.map(({ label }) => label)).toEqual(given.map(({ label }) => (shape.labelled ? label : null)));
        expect(read.every(({ problem }) => problem === null)).toBe(true);
      }),
    );
  });

  it('any text is read in one pass, and nothing unfit is called a key', () => {
    const pieces = fc.constantFrom(
      A,
      'sk',
      ' ',
      '\n',
      ',',
      '"',
      "'",
      '=',
      ':',
      '{',
      '}',
      '[',
      ']',
      '\t',
      '#',
      '…',
      'é',
    );
    const text = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 200 }),
      fc.array(pieces).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (given) => {
        for (const { key, problem } of readPastedKeys(given)) expect(problem === null).toBe(isFit(key));
      }),
    );
  });

  it('a hostile megabyte takes no longer than a plain one', () => {
    for (const unit of [' ', ',', ', ', '\t', '- ', '= ', ': ', '"', '[']) {
      const read: PastedKey[] = readPastedKeys(`a${unit.repeat(500_000)}b`);
      expect(read.length).toBeLessThan(10);
    }
  });
});

function isFit(key: string): boolean {
  return /^[\x21-\x7e]{1,8192}$/.test(key) && !/["'`]|\.{3}|\*{3}|^\$\{/.test(key);
}

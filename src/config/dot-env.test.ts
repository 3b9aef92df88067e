import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDotEnv } from './dot-env.ts';

const values = (text: string) => Object.fromEntries([...parseDotEnv(text)].map(([name, { value }]) => [name, value]));

describe('a .env file', () => {
  it('gives each name everything after its first "="', () => {
    expect(values('A=1\nB=x=y=z\nC=\nD="quoted" # kept\nE=$HOME \\n')).toEqual({
      A: '1',
      B: 'x=y=z',
      C: '',
      D: '"quoted" # kept',
      E: '$HOME \\n',
    });
  });

  it('passes over comments, blank lines and lines without "="', () => {
    expect(values('# A=1\n   # B=2\n\n  \nnothing\n=no name\nC=3')).toEqual({ C: '3' });
  });

  it('takes white space off names and values, and the line end of Windows, and a byte order mark', () => {
    expect(values('\uFEFF  A =  1  \r\nB=2\r\n')).toEqual({ A: '1', B: '2' });
  });

  it('lets the later of two lines count, and knows its line', () => {
    expect(parseDotEnv('A=1\n\nA=2').get('A')).toEqual({ value: '2', line: 3 });
  });

  it('holds a variable called __proto__ without becoming one', () => {
    expect(parseDotEnv('__proto__=polluted').get('__proto__')?.value).toBe('polluted');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('reads back any names and values that can stand on a line', () => {
    const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,20}$/);
    const value = fc.string({ unit: 'grapheme' }).filter((text) => text === text.trim() && !/[\r\n]/.test(text));
    fc.assert(
      fc.property(fc.dictionary(name, value), (variables) => {
        const text = Object.entries(variables).map(([key, content]) => `${key}=${content}`);
        expect(values(text.join('\n'))).toEqual({ ...variables });
      }),
    );
  });
});

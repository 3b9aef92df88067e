import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../test/support/virtual-clock.ts';
import { escapeControls } from './escape-controls.ts';
import { createLog, type Log, type LogLevel } from './log.ts';
import { Redactor } from './redactor.ts';

function logged(write: (log: Log) => void, format: 'line' | 'json' = 'json', level: LogLevel = 'debug'): string[] {
  const lines: string[] = [];
  const redactor = new Redactor();
  redactor.protect([{ reveal: () => 'canary-0123456789' }]);
  write(
    createLog({ level, output: { write: (line) => lines.push(line) }, format, clock: new VirtualClock(), redactor }),
  );
  return lines;
}

describe('a log for programs', () => {
  it('is one JSON object a line, with the time of the clock it was given', () => {
    const [line = ''] = logged((log) => log.warn('watch out', { provider: 'openai', keys: 3 }));
    expect(line.endsWith('}\n')).toBe(true);
    expect(JSON.parse(line)).toEqual({
      level: 'warn',
      time: '2026-01-05T12:00:00.000Z',
      provider: 'openai',
      keys: 3,
      msg: 'watch out',
    });
  });

  it('tells an error whole, with its causes', () => {
    const [line = ''] = logged((log) =>
      log.error('failed', { err: new Error('outer', { cause: new TypeError('inner') }) }),
    );
    const { err } = JSON.parse(line);
    expect(err.message).toContain('outer');
    expect(err.stack).toContain('caused by: TypeError: inner');
  });

  it('stays JSON whatever is redacted from it', () => {
    fc.assert(
      fc.property(fc.string(), fc.jsonValue(), (message, value) => {
        const lines = logged((log) =>
          log.info(`${message} Bearer ${message} canary-0123456789`, { value, 'x-api-key': message, note: '?key=' }),
        );
        expect(lines).toHaveLength(1);
        expect(() => JSON.parse(lines[0] ?? '')).not.toThrow();
      }),
    );
  });
});

describe('a log for people', () => {
  it('is a time, a level, a sentence and what it is about', () => {
    expect(
      logged(
        (log) => log.info('Configuration reloaded', { file: '/srv/rotato.yaml', keys: 3, why: 'an edit' }),
        'line',
      ),
    ).toEqual(['12:00:00 info  Configuration reloaded file=/srv/rotato.yaml keys=3 why="an edit"\n']);
  });

  it('is one line, errors included', () => {
    const [line = ''] = logged((log) => log.error('failed', { err: new Error('it broke\nbadly') }), 'line');
    expect(line.slice(0, -1)).not.toContain('\n');
    expect(line).toContain('(Error: it broke | badly | at ');
  });
});

describe('a log', () => {
  it.each(['line', 'json'] as const)('holds no credential, known or by its looks (%s)', (format) => {
    const text = logged((log) => {
      log.info('canary-0123456789', { nested: { deep: ['canary-0123456789'] } });
      log.error('sk-proj-abcdefghijkl', {
        err: Object.assign(new Error('at canary-0123456789'), { headers: { authorization: 'Bearer xyz' } }),
      });
    }, format).join('');
    expect(text).not.toMatch(/canary|sk-proj|xyz/);
  });

  it.each(['line', 'json'] as const)('holds no control character, whatever was logged (%s)', (format) => {
    const hostile = fc.string({
      unit: fc.oneof(
        fc.constantFrom('\n', '\r', '\u001b', '\u0000', '\u009b', '\u2028', '\u202e', '\u007f'),
        fc.string(),
      ),
    });
    fc.assert(
      fc.property(hostile, (text) => {
        for (const line of logged((log) => log.info(text, { [`k${text}`]: text }), format)) {
          // biome-ignore lint/suspicious/noControlCharactersInRegex: that they are gone is the point.
          expect(line.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/);
          expect(line.endsWith('\n')).toBe(true);
        }
      }),
    );
  });

  it('leaves out what is below its level', () => {
    const lines = logged(
      (log) => {
        log.debug('a');
        log.info('b');
        log.warn('c');
        log.error('d');
      },
      'line',
      'warn',
    );
    expect(lines.map((line) => line.trim().at(-1))).toEqual(['c', 'd']);
  });

  it('survives what cannot be written as JSON', () => {
    const circle: Record<string, unknown> = { big: 1n };
    circle.self = circle;
    expect(logged((log) => log.info('round', circle))).toHaveLength(1);
  });
});

describe('escaping', () => {
  it('leaves ordinary text of any script alone', () => {
    const text = 'naïve 日本語 ✓ 👍';
    expect(escapeControls(text)).toBe(text);
  });
});

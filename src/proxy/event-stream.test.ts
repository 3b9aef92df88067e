import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FirstEvent, readFirstEvent } from './event-stream.ts';

const LINE_ENDS = [
  ['LF', '\n'],
  ['CRLF', '\r\n'],
  ['CR', '\r'],
] as const;

const event = (name: string | null, data: string): FirstEvent => ({ event: name, data });

describe('the first event', () => {
  it.each<[string, string, FirstEvent | null]>([
    ['data alone', 'data: {"a":1}\n\n', event(null, '{"a":1}')],
    ['a name and data', 'event: error\ndata: {"a":1}\n\n', event('error', '{"a":1}')],
    ['data before its name', 'data: x\nevent: error\n\n', event('error', 'x')],
    ['no space after the colon', 'event:error\ndata:x\n\n', event('error', 'x')],
    ['more than one space: only the first goes', 'data:  x \n\n', event(null, ' x ')],
    ['several lines of data', 'data: a\ndata:\ndata: b\n\n', event(null, 'a\n\nb')],
    ['empty data', 'data:\n\n', event(null, '')],
    ['other fields', 'id: 7\nretry: 100\ndata: x\nunknown: y\n\n', event(null, 'x')],
    ['only the first', 'data: a\n\ndata: b\n\n', event(null, 'a')],
    ['comments before', ': keep-alive\n\n: again\n\ndata: x\n\n', event(null, 'x')],
    ['a comment inside', 'event: a\n: comment\ndata: x\n\n', event('a', 'x')],
    ['events without data before', 'event: ping\n\nid: 1\n\ndata: x\n\n', event(null, 'x')],
    ['blank lines before', '\n\n\ndata: x\n\n', event(null, 'x')],
    ['a byte order mark', '\uFEFFdata: x\n\n', event(null, 'x')],
    ['mixed line ends', 'event: a\r\ndata: x\n\r\n', event('a', 'x')],
    ['mixed the other way', 'data: x\r\n\n', event(null, 'x')],
    ['CR and then CRLF', 'data: x\r\r\n', event(null, 'x')],
    ['nothing', '', null],
    ['only comments', ': a\n\n: b\n\n', null],
    ['data that is not ended', 'data: x', null],
    ['data whose line is ended but not the event', 'data: x\n', null],
    ['one CRLF, which is one line end', 'data: x\r\n', null],
    ['a byte order mark alone', '\uFEFF', null],
  ])('%s', (_what, beginning, expected) => {
    expect(readFirstEvent(beginning)).toEqual(expected);
  });
});

describe('bare JSON where an event should be, as Gemini reports an error', () => {
  const pretty = JSON.stringify({ error: { code: 429, message: 'quota {a} "b"', details: [{}] } }, null, 2);

  it.each([
    ['on one line', '{"error":{}}'],
    ['on one line, ended', '{"error":{}}\n\n'],
    ['on many lines', pretty],
    ['on many lines, ended', `${pretty}\n\n`],
    ['on many lines of CRLF, ended', `${pretty.replaceAll('\n', '\r\n')}\r\n\r\n`],
    ['after comments and blank lines', `\n: keep-alive\n\n\n${pretty}`],
  ])('is the event: %s', (_what, beginning) => {
    const first = readFirstEvent(beginning);
    expect(first?.event).toBeNull();
    expect(JSON.parse(first?.data ?? '')).toHaveProperty('error');
  });

  it('is not there until it is complete', () => {
    for (let cut = 0; cut < pretty.length; cut++) expect(readFirstEvent(pretty.slice(0, cut))).toBeNull();
    expect(readFirstEvent(pretty)).not.toBeNull();
  });
});

describe.each(LINE_ENDS)('with lines that end in %s', (_name, end) => {
  const stream = ['\uFEFF: hello', '', 'event: ping', '', 'event: error', 'data: {"é":"🔑"}', 'data: 2', '', ''].join(
    end,
  );
  const bytes = Buffer.from(`${stream}data: later${end}${end}`);
  const complete = Buffer.byteLength(stream);
  const expected = event('error', '{"é":"🔑"}\n2');

  it('is the same wherever the bytes are cut, and not there before it is complete', () => {
    for (let cut = 0; cut <= bytes.length; cut++) {
      const first = readFirstEvent(bytes.subarray(0, cut).toString('utf8'));
      // A stream of CRLF is complete one byte earlier: the CR of the blank line ends it.
      if (cut < complete - 1) expect(first).toBeNull();
      else if (cut >= complete) expect(first).toEqual(expected);
      else expect([null, expected]).toContainEqual(first);
    }
  });

  it('is what was written, for any name and data', () => {
    const text = fc.string({ unit: 'grapheme' }).map((value) => value.replaceAll(/[\r\n]/g, '').toWellFormed());
    const name = fc.option(fc.stringMatching(/^[a-z._]{1,12}$/));
    fc.assert(
      fc.property(
        name,
        fc.array(text, { minLength: 1, maxLength: 4 }),
        fc.array(text),
        (eventName, lines, comments) => {
          const written = [
            ...comments.flatMap((comment) => [`:${comment}`, '']),
            ...(eventName === null ? [] : [`event: ${eventName}`]),
            ...lines.map((line) => `data: ${line}`),
            '',
            'data: next',
            '',
            '',
          ].join(end);
          expect(readFirstEvent(written)).toEqual(event(eventName, lines.join('\n')));
        },
      ),
    );
  });
});

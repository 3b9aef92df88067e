import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyMasker, maskKeysInForce } from './key-masker.ts';

const KEY = 'sk-proj-Ab3_s';
const STARS = '*'.repeat(KEY.length);

function masker(keys: readonly string[], errorEventsOnly = false): KeyMasker {
  return new KeyMasker(
    keys.map((key) => Buffer.from(key, 'latin1')),
    { errorEventsOnly },
  );
}

function passThrough(through: KeyMasker, chunks: readonly Buffer[]): Buffer {
  return Buffer.concat([...chunks.map((chunk) => through.push(chunk)), through.flush()]);
}

/** Cuts at these positions, in any order and number. */
function cutAt(bytes: Buffer, positions: readonly number[]): Buffer[] {
  const cuts = [0, ...new Set(positions.map((position) => position % (bytes.length + 1))), bytes.length];
  cuts.sort((a, b) => a - b);
  return cuts.slice(1).map((end, nth) => bytes.subarray(cuts[nth], end));
}

const everyByte = (bytes: Buffer) => cutAt(bytes, [...bytes.keys()]);
const cuts = fc.array(fc.nat(10_000), { maxLength: 20 });

describe('in a body', () => {
  it('a key is hidden wherever it is cut', () => {
    const body = Buffer.from(`{"error":"bad key ${KEY}","again":"${KEY}${KEY}", "tail":"${KEY.slice(0, -1)}"}`);
    const expected = body.toString().replaceAll(KEY, STARS);
    for (let cut = 0; cut <= body.length; cut++) {
      for (let second = cut; second <= body.length; second += 5) {
        expect(passThrough(masker([KEY]), cutAt(body, [cut, second])).toString()).toBe(expected);
      }
    }
    expect(passThrough(masker([KEY]), everyByte(body)).toString()).toBe(expected);
  });

  it('no key appears, nothing else changes and no length does, whatever the keys and the chunks', () => {
    // Few letters make keys that overlap themselves and each other.
    const key = fc.stringMatching(/^[ab]{1,6}$|^[abs-]{4,12}$/);
    const body = (keys: readonly string[]) => {
      const parts = keys.flatMap((each) => [each, each.slice(0, -1), each.slice(1)]);
      const piece = fc.oneof(fc.constantFrom(...parts), fc.stringMatching(/^[abs\n"-]{0,8}$/));
      return fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
    };
    const sample = fc
      .array(key, { minLength: 1, maxLength: 3 })
      .chain((keys) => fc.record({ keys: fc.constant(keys), text: body(keys), positions: cuts }));
    fc.assert(
      fc.property(sample, ({ keys, text, positions }) => {
        const output = passThrough(masker(keys), cutAt(Buffer.from(text), positions)).toString();
        expect(output).toHaveLength(text.length);
        for (const each of keys) expect(output).not.toContain(each);
        const ofKeys = new Set<number>();
        for (const each of keys) {
          for (let at = text.indexOf(each); at !== -1; at = text.indexOf(each, at + 1)) {
            for (let offset = 0; offset < each.length; offset++) ofKeys.add(at + offset);
          }
        }
        for (let at = 0; at < text.length; at++) {
          if (output[at] !== text[at]) expect([output[at], ofKeys.has(at)]).toEqual(['*', true]);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('without a key passes byte for byte', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), cuts, (bytes, positions) => {
        const body = Buffer.from(bytes);
        expect(passThrough(masker([KEY]), cutAt(body, positions)).equals(body)).toBe(true);
      }),
    );
  });

  it('never waits for more than could still become a key, and never behind a line end', () => {
    const through = masker([KEY, `${KEY}-longer`]);
    expect(through.push(Buffer.from('data: x\n\n')).toString()).toBe('data: x\n\n');
    expect(through.push(Buffer.from('data: sk')).toString()).toBe('data: ');
    expect(through.push(Buffer.from('y is no key')).toString()).toBe('sky is no key');
    expect(through.flush()).toHaveLength(0);
  });

  it('leaves the chunks it was given alone, and hands on the same one where there is nothing to hide', () => {
    const plain = Buffer.from('nothing');
    expect(masker([KEY]).push(plain)).toBe(plain);
    const chunk = Buffer.from(`a ${KEY} b`);
    passThrough(masker([KEY]), [chunk]);
    expect(chunk.toString()).toBe(`a ${KEY} b`);
  });

  it('knows no empty key', () => {
    expect(passThrough(masker(['']), [Buffer.from('text')]).toString()).toBe('text');
  });
});

describe('in an event stream', () => {
  /** What stands around the key, and whether the key in it is hidden. */
  const EVENTS: readonly (readonly [lines: (text: string) => readonly string[], hidden: boolean])[] = [
    [(text) => ['event: error', `data: {"message":"${text}"}`], true],
    [(text) => ['event:error', `data: ${text}`], true],
    [(text) => [`data: {"error":{"message":"${text}"}}`], true],
    [(text) => [`data: {"error" : "${text}"}`], true],
    [(text) => [`data: {"type":"error","error":{"message":"${text}"}}`], true],
    [(text) => ['event: response.failed', `data: {"response":{"error":{"message":"${text}"}}}`], true],
    [(text) => [`data: {"choices":[{"delta":{"content":"${text}"}}]}`], false],
    [(text) => ['event: response.completed', `data: {"response":{"error":null,"output":"${text}"}}`], false],
    [(text) => [`data: {"delta":"\\"error\\": ${text}"}`], false],
    [(text) => [`data: {"delta":"an event: error ${text}"}`], false],
    [(text) => [`: comment ${text}`], false],
    [(text) => ['event: errand', `data: ${text}`], false],
  ];
  const written = fc.record({
    event: fc.constantFrom(...EVENTS),
    padding: fc.constantFrom(0, 0, 0, 0, 10, 1_000, 5_000),
    keys: fc.nat(2),
  });
  const stream = fc.record({
    events: fc.array(written, { minLength: 1, maxLength: 6 }),
    lineEnd: fc.constantFrom('\n', '\r\n', '\r'),
    positions: cuts,
    everywhere: fc.boolean(),
  });

  it('a key is hidden in error events and nowhere else, whatever the chunks', () => {
    fc.assert(
      fc.property(stream, ({ events, lineEnd, positions, everywhere }) => {
        let input = '';
        let expected = '';
        for (const { event, padding, keys } of events) {
          const [lines, hidden] = event;
          const fill = 'x'.repeat(padding);
          const text = `${fill}${` ${KEY}`.repeat(keys)}`;
          input += [...lines(text), '', ''].join(lineEnd);
          const masked = hidden ? text.replaceAll(KEY, STARS) : text;
          expected += [...lines(masked), '', ''].join(lineEnd);
        }
        const bytes = Buffer.from(input);
        const output = passThrough(masker([KEY], true), everywhere ? everyByte(bytes) : cutAt(bytes, positions));
        expect(output.toString()).toBe(expected);
      }),
      { numRuns: 100 },
    );
  });
});

describe('maskKeysInForce', () => {
  const other = 'gsk_0123456789';
  const inForce = new Set([KEY, `${KEY}-longer`, other, 'short', '']);
  const mask = (text: string) => maskKeysInForce(Buffer.from(text), inForce).toString();

  it.each([
    ['quoted', `{"message":"${KEY}"}`, `{"message":"${STARS}"}`],
    ['at the end of a sentence', `Incorrect API key provided: ${KEY}.`, `Incorrect API key provided: ${STARS}.`],
    ['in a query', `/v1/models?key=${other}&x=1`, `/v1/models?key=${'*'.repeat(other.length)}&x=1`],
    ['after a colon', `api_key:${KEY}`, `api_key:${STARS}`],
    ['glued to a word', `Bearer${KEY}=`, `Bearer${STARS}=`],
    ['the longest of several', `${KEY}-longer`, `${STARS}*******`],
    ['twice', `${KEY}${KEY}`, `${STARS}${STARS}`],
    ['beside text beyond ASCII', `clé: ${KEY} 🔑`, `clé: ${STARS} 🔑`],
  ])('hides every key in force, whoever it belongs to: %s', (_what, text, masked) => {
    expect(mask(text)).toBe(masked);
  });

  it('leaves alone what is only the beginning of a key, and what is too short to be one', () => {
    const text = `${KEY.slice(0, -1)}, sk-proj-, short`;
    const body = Buffer.from(text);
    expect(maskKeysInForce(body, inForce)).toBe(body);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PeekWanted, peekJson } from './peek-json.ts';

const WANTED: PeekWanted = {
  fields: new Map([
    ['model', 1],
    ['max_tokens', 1],
    ['stream', 1],
    ['maxOutputTokens', 2],
  ]),
  references: new Set(['file_id', 'file_ids', 'previous_response_id']),
};

const peek = (text: string) => {
  const { fields, references } = peekJson(Buffer.from(text), WANTED);
  return { fields: Object.fromEntries(fields), references };
};

/** What a full parser finds: a field counts in an object at its depth, lists being levels too. */
function fieldsOf(value: unknown, depth = 1, found = new Map<string, unknown>()): Map<string, unknown> {
  if (typeof value !== 'object' || value === null) return found;
  for (const [name, inner] of Object.entries(value)) {
    const scalar = typeof inner === 'string' || typeof inner === 'number' || typeof inner === 'boolean';
    if (!Array.isArray(value) && WANTED.fields.get(name) === depth) {
      if (scalar) found.set(name, inner);
      else found.delete(name);
    }
    fieldsOf(inner, depth + 1, found);
  }
  return found;
}

function referencesOf(value: unknown, found: string[] = []): string[] {
  if (typeof value !== 'object' || value === null) return found;
  for (const [name, inner] of Object.entries(value)) {
    if (!Array.isArray(value) && WANTED.references.has(name)) {
      const listed = Array.isArray(inner) && inner.every((item) => typeof item === 'string');
      if (typeof inner === 'string') found.push(inner);
      else if (listed) found.push(...inner);
    }
    referencesOf(inner, found);
  }
  return found;
}

const name = fc.oneof(
  fc.constantFrom(...WANTED.fields.keys(), ...WANTED.references, '__proto__', 'a', ''),
  fc.string(),
);
const { value: anyJson } = fc.letrec((tie) => ({
  scalar: fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }).map((text) => text.toWellFormed()),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (Object.is(number, -0) ? 0 : number)),
    fc.constantFrom(null, true, false, 0, 4096, 'gpt-5', '"quoted\\"', '{"model":"inner"}', 'back\\slash\\\\'),
  ),
  texts: fc.array(fc.string({ maxLength: 8 }), { maxLength: 4 }),
  list: fc.array(tie('value'), { maxLength: 4 }),
  object: fc.dictionary(name, tie('value'), { maxKeys: 6, noNullPrototype: true }),
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('scalar'),
    tie('texts'),
    tie('list'),
    tie('object'),
  ),
}));

describe('on any JSON', () => {
  it('the wanted fields are those that JSON.parse finds', () => {
    fc.assert(
      fc.property(anyJson, fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(peekJson(Buffer.from(text), WANTED).fields).toEqual(fieldsOf(JSON.parse(text)));
      }),
      { numRuns: 1_000 },
    );
  });

  it('the references are those that JSON.parse finds', () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        const found = peekJson(Buffer.from(JSON.stringify(value)), WANTED).references;
        expect(found).toEqual(expect.arrayContaining(referencesOf(value).slice(0, 64 - 16)));
      }),
    );
  });

  it('the last of duplicate fields wins', () => {
    const scalar = fc.oneof(fc.string(), fc.integer(), fc.constantFrom(null, true, {}, [], { model: 'x' }, ['x']));
    const pair = fc.tuple(fc.constantFrom('model', 'max_tokens', 'other'), scalar);
    fc.assert(
      fc.property(fc.array(pair), (pairs) => {
        const text = `{${pairs.map(([key, value]) => `"${key}" : ${JSON.stringify(value)}`).join(',')}}`;
        expect(peekJson(Buffer.from(text), WANTED).fields).toEqual(fieldsOf(JSON.parse(text)));
      }),
    );
  });
});

describe('on any bytes', () => {
  it('never throws, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        peekJson(Buffer.from(bytes), WANTED);
      }),
    );
  });

  it('never throws on JSON that is cut or damaged, and finds what stood complete before the cut', () => {
    const body = '{"model":"gpt-5","input":[{"file_id":"file-1"}],"g":{"maxOutputTokens":7},"stream":true}';
    for (let cut = 0; cut <= body.length; cut++) {
      const { fields, references } = peek(body.slice(0, cut));
      if (cut > body.indexOf(',')) expect(fields.model).toBe('gpt-5');
      if (cut > body.indexOf('}')) expect(references).toEqual(['file-1']);
      if (cut > body.indexOf('7') + 1) expect(fields.maxOutputTokens).toBe(7);
      for (const junk of ['"', '\\', '}', ']', '{', '\0', '\xff']) peek(body.slice(0, cut) + junk + body.slice(cut));
    }
  });
});

describe('fields', () => {
  it.each([
    ['a name with escapes', '{"\\u006dodel":"m"}', { model: 'm' }],
    ['a name written in escapes throughout', `{"${[...'max_tokens'].map(escaped).join('')}":9}`, { max_tokens: 9 }],
    ['a value with escapes', '{"model":"a\\"b\\\\\\u00e9\\/\\ud83d\\udd11"}', { model: 'a"b\\é/🔑' }],
    ['a value beyond ASCII', '{"model":"modèle-🔑"}', { model: 'modèle-🔑' }],
    ['spaces of all kinds', '\r\n\t {"model"\r\n:\t"m" , "max_tokens" : 9\n}', { model: 'm', max_tokens: 9 }],
    ['a string that looks like a field', '{"a":"\\"model\\":\\"x\\"","model":"m"}', { model: 'm' }],
    ['a field further down', '{"a":{"model":"x"},"b":[{"model":"y"}],"model":"m"}', { model: 'm' }],
    ['a value that is a list', '{"maxOutputTokens":[5],"model":"m"}', { model: 'm' }],
    ['a list where a scalar is wanted one level down', '{"maxOutputTokens":[5,6],"model":"m"}', { model: 'm' }],
    ['a value that is an object', '{"model":{"x":1},"max_tokens":9}', { max_tokens: 9 }],
    ['null', '{"model":null}', {}],
    [
      'numbers of all kinds',
      '{"max_tokens":-1.5e3,"g":{"maxOutputTokens":8192}}',
      { max_tokens: -1500, maxOutputTokens: 8192 },
    ],
    ['a long number', '{"max_tokens":100000000000000000000000000000000000}', { max_tokens: 1e35 }],
    ['no number', '{"max_tokens":0x10,"model":"m"}', { model: 'm' }],
    ['a list', '["model","m"]', {}],
    ['a scalar', '"model"', {}],
    ['nothing', '', {}],
    ['no JSON', 'model=m&max_tokens=9', {}],
    ['NDJSON: the last line', '{"model":"a"}\n{"model":"b"}', { model: 'b' }],
  ])('%s', (_what, body, fields) => {
    expect(peek(body).fields).toEqual(fields);
  });

  it('under the names of prototypes are nothing special, and change no prototype', () => {
    expect(peek('{"__proto__":{"model":"x"},"constructor":{"model":"y"},"model":"m"}').fields).toEqual({ model: 'm' });
    const { fields } = peekJson(Buffer.from('{"__proto__":"x"}'), { ...WANTED, fields: new Map([['__proto__', 1]]) });
    expect([...fields]).toEqual([['__proto__', 'x']]);
    expect(({} as Record<string, unknown>).model).toBeUndefined();
  });

  it('that are longer than any real one stay unknown', () => {
    expect(peek(`{"model":"${'m'.repeat(5_000)}","max_tokens":9}`).fields).toEqual({ max_tokens: 9 });
  });
});

const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

describe('references', () => {
  it.each([
    ['a string', '{"previous_response_id":"resp_1"}', ['resp_1']],
    ['at any depth', '{"a":[{"b":{"file_id":"file-1"}}]}', ['file-1']],
    ['a list', '{"file_ids":["file-1","file-2"]}', ['file-1', 'file-2']],
    ['escaped slashes, as PHP writes them', '{"file_id":"files\\/abc"}', ['files/abc']],
    ['nothing else', '{"file_ids":[1,null,{"x":"file-1"}],"other":"file-2"}', []],
  ])('%s', (_what, body, references) => {
    expect(peek(body).references).toEqual(references);
  });

  it('are bounded', () => {
    const ids = Array.from({ length: 1_000 }, (_, nth) => `file-${nth}`);
    expect(peek(JSON.stringify({ file_ids: ids, model: 'm' }))).toEqual({
      fields: { model: 'm' },
      references: ids.slice(0, 64),
    });
  });
});

describe('large bodies', () => {
  it('a string of 4 MB is passed over', () => {
    const text = 'x\\"'.repeat((4 * 1024 * 1024) / 3);
    expect(peek(`{"input":"${text}","model":"m"}`).fields).toEqual({ model: 'm' });
  });

  it('a depth of 100,000 overflows no stack', () => {
    const depth = 100_000;
    const nested = `${'{"a":['.repeat(depth)}${']}'.repeat(depth)}`;
    expect(peek(`{"model":"m","deep":${nested},"max_tokens":9}`).fields).toEqual({ model: 'm', max_tokens: 9 });
    expect(peek('['.repeat(depth)).fields).toEqual({});
    expect(peek(']'.repeat(depth)).fields).toEqual({});
  });
});

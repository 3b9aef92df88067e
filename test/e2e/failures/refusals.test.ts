import { describe, expect, test } from 'vitest';
import { CANARY_KEYS } from '../../support/canary.ts';
import { CHAT, failureBench, keysFrom } from '../../support/failure-bench.ts';
import type { RawReply } from '../../support/raw-client.ts';
import { renderResponse } from '../../support/render-message.ts';
import { FINE_ANSWER, FINE_BODY, type ScriptedRequest } from '../../support/scripted-upstream.ts';

const bench = failureBench();

const JSON_TYPE = ['content-type', 'application/json'];
const TWO_KEYS = { keys: keysFrom(0, 2) };
const STREAMING = { ...CHAT, body: '{"model":"gpt-4o","stream":true,"messages":[]}' };

function errorBody(code: string, message = 'No.'): string {
  return `{"error": {"message": "${message}", "type": "x", "param": null, "code": "${code}"}}\n`;
}

/** Without the calls by which the pool itself asks whether a refused key is genuine. */
function asked(): ScriptedRequest[] {
  return bench.upstream.requests.filter(({ method }) => method === 'POST');
}

function keyOf({ headers }: ScriptedRequest): string | undefined {
  return headers.get('authorization')?.slice('Bearer '.length);
}

describe('R15 redirects', () => {
  test.each([
    ['the same host', (port: number) => `http://127.0.0.1:${port}/v1/elsewhere`],
    ['another host', () => 'http://collector.example/keys'],
    ['a private host', () => 'http://169.254.169.254/latest/meta-data/'],
    ['nowhere', () => null],
  ])('R15 3xx that leads to %s → to the caller as it came, never followed', async (_name, locationFor) => {
    await bench.start();
    const statuses = [301, 302, 303, 307, 308];
    bench.expectEnds(...statuses.map(() => 'served' as const));
    const location = locationFor(bench.upstream.port);
    let at = 0;
    bench.upstream.onRequest((_request, connection) => {
      const headers = location === null ? [] : ['location', location];
      return connection.send(
        renderResponse({ status: statuses[at++] ?? 0, reason: 'Elsewhere', headers, body: 'moved' }),
      );
    });

    for (const status of statuses) {
      const reply = await bench.ask({ ...CHAT, method: status === 303 ? 'GET' : 'POST' });
      expect(reply).toMatchObject({ status, text: 'moved' });
      expect(reply.headers.get('location')).toBe(location);
    }
    expect(bench.upstream.requests).toHaveLength(statuses.length);
  });
});

describe('R16 refusals, according to the policy table', () => {
  test.each([
    ['401', 401, errorBody('invalid_api_key')],
    ['403 of the key', 403, errorBody('x', 'Forbidden')],
    ['402', 402, errorBody('insufficient_quota')],
    [
      '400 that says the key is expired',
      400,
      errorBody('api_key_expired', 'API key expired. Please renew the API key.'),
    ],
    ['429', 429, errorBody('rate_limit_exceeded')],
    ['429 without credit', 429, errorBody('insufficient_quota')],
    ['503', 503, errorBody('x')],
    ['529', 529, errorBody('overloaded_error')],
  ])('R16 %s on the first key → the second key serves, and the caller never notices', async (_name, status, body) => {
    await bench.start({ provider: TWO_KEYS });
    bench.expectEnds('served');
    bench.upstream.onRequest((request, connection) =>
      connection.send(
        keyOf(request) === CANARY_KEYS[0]
          ? renderResponse({ status, reason: 'Refused', headers: JSON_TYPE, body })
          : FINE_ANSWER,
      ),
    );

    const reply = await bench.ask();

    expect(reply).toMatchObject({ status: 200, text: FINE_BODY });
    expect(asked().map(keyOf)).toEqual([CANARY_KEYS[0], CANARY_KEYS[1]]);
    expect(reply.headers.get('x-rotato-key')).toBe('key-2');
  });

  test.each([
    [401, errorBody('invalid_api_key', 'second')],
    [402, errorBody('insufficient_quota', 'second')],
    [429, errorBody('rate_limit_exceeded', 'second')],
    [503, errorBody('x', 'second')],
  ])(
    'R16 %i on every key → the last answer reaches the caller byte for byte, also when it asked for a stream',
    async (status, body) => {
      await bench.start({ provider: { ...TWO_KEYS, maxWait: '0' } });
      bench.expectEnds('served');
      bench.afterwardsAskSpare();
      bench.upstream.onRequest((request, connection) => {
        const answer = keyOf(request) === CANARY_KEYS[0] ? body.replace('second', 'first') : body;
        return connection.send(
          renderResponse({ status, reason: 'Refused', headers: [...JSON_TYPE, 'X-Upstream', 'yes'], body: answer }),
        );
      });

      const reply = await bench.ask(STREAMING);

      expect(reply).toMatchObject({ status, reason: 'Refused', text: body });
      expect(reply.headers.get('x-upstream')).toBe('yes');
      expect(reply.headers.get('x-rotato-source')).toBeNull();
      expect(asked().map(({ body: sent }) => sent.bytes.toString())).toEqual([STREAMING.body, STREAMING.body]);
    },
  );

  test.each([
    ['a group with a known larger limit → that group', 30_000, [0, 1]],
    ['no group with a known larger limit → as it came', 6_000, [0]],
  ])('R16 429 that says the request is too large, and %s', async (_name, tpm, expected) => {
    const [small, large] = keysFrom(0, 2);
    const keys = [small, { ...large, limits: [{ model: '*', tpm }] }];
    await bench.start({ provider: { keys, strategy: 'ordered' } });
    bench.expectEnds('served');
    bench.afterwardsAskSpare();
    const body = errorBody(
      'rate_limit_exceeded',
      'Request too large on tokens per min (TPM): Limit 6000, Requested 9000.',
    );
    bench.upstream.onRequest((request, connection) =>
      connection.send(
        keyOf(request) === CANARY_KEYS[0]
          ? renderResponse({ status: 429, reason: 'Too large', headers: JSON_TYPE, body })
          : FINE_ANSWER,
      ),
    );

    const reply = await bench.ask({ ...CHAT, body: `{"model":"gpt-4o","messages":["${'word '.repeat(8_000)}"]}` });

    expect(asked().map(keyOf)).toEqual(expected.map((nth) => CANARY_KEYS[nth]));
    expect(reply).toMatchObject(expected.length === 2 ? { status: 200, text: FINE_BODY } : { status: 429, text: body });
  });

  test.each([400, 404, 408, 409, 413, 422, 500, 502, 504, 524])(
    "R16 POST answered %i, which may have been done or is the caller's own → relayed as it came, once",
    async (status) => {
      await bench.start({ provider: TWO_KEYS });
      bench.expectEnds('served');
      const body = errorBody('x', 'Something else.');
      bench.upstream.onRequest((_request, connection) =>
        connection.send(renderResponse({ status, reason: 'Oh', headers: JSON_TYPE, body })),
      );

      expect(await bench.ask()).toMatchObject({ status, reason: 'Oh', text: body });
      expect(bench.upstream.requests).toHaveLength(1);
    },
  );

  test('R16 500 that the operator named in rotateOn → another key', async () => {
    await bench.start({ provider: { ...TWO_KEYS, rotateOn: [500] } });
    bench.expectEnds('served');
    bench.upstream.onRequest((request, connection) =>
      connection.send(
        keyOf(request) === CANARY_KEYS[0] ? renderResponse({ status: 500, reason: 'Oh', body: 'no' }) : FINE_ANSWER,
      ),
    );

    expect((await bench.ask()).status).toBe(200);
    expect(asked().map(keyOf)).toEqual([CANARY_KEYS[0], CANARY_KEYS[1]]);
  });

  test.each([
    ['the key it was sent', CANARY_KEYS[0], `Incorrect API key provided: ${CANARY_KEYS[0]}.`],
    ['another key in force', CANARY_KEYS[1], `Incorrect API key provided: ${CANARY_KEYS[1]}.`],
    ['a key in a URL', CANARY_KEYS[1], `No such page: /v1/models?x=1&key=${CANARY_KEYS[1]}&y=2`],
  ])('R16 a refusal that quotes %s → relayed with the key hidden', async (_name, key, message) => {
    await bench.start({ provider: { ...TWO_KEYS, maxWait: '0' } });
    bench.expectEnds('served');
    bench.afterwardsAskSpare();
    const body = errorBody('x', message);
    bench.upstream.onRequest((_request, connection) =>
      connection.send(renderResponse({ status: 401, reason: 'Unauthorized', headers: JSON_TYPE, body })),
    );

    const reply = await bench.ask();

    expect(reply.status).toBe(401);
    expect(reply.text).toBe(body.replace(key, '*'.repeat(key.length)));
  });
});

describe('R17 all keys resting', () => {
  const secondsIn = ({ headers }: RawReply) => Number(headers.get('retry-after'));

  test('R17 all keys cooling → 429 with the true time to come back, the upstream is not touched', async () => {
    await bench.start({ provider: { ...TWO_KEYS, maxWait: '0' } });
    bench.expectEnds('served', 'rate_limited');
    bench.afterwardsAskSpare();
    bench.upstream.onRequest((_request, connection) => {
      const wait = asked().length === 1 ? '40' : '30';
      return connection.send(
        renderResponse({
          status: 429,
          reason: 'Too Many Requests',
          headers: [...JSON_TYPE, 'retry-after', wait],
          body: errorBody('rate_limit_exceeded'),
        }),
      );
    });

    const last = await bench.ask();
    expect(last.status).toBe(429);
    expect(secondsIn(last)).toEqual(expect.closeTo(30, -1));
    expect(bench.upstream.requests).toHaveLength(2);

    const refused = await bench.ask();

    expect(refused.status).toBe(429);
    expect(refused.headers.get('x-rotato-source')).toBe('rotato');
    expect(refused.headers.get('x-rotato-attempts')).toBe('0');
    // The place in 30 s is booked for the caller before.
    expect(secondsIn(refused)).toEqual(expect.closeTo(40, -1));
    expect(refused.headers.get('x-should-retry')).toBe('true');
    expect(JSON.parse(refused.text)).toMatchObject({ error: { type: 'rate_limit_error', code: 'rate-limited' } });
    expect(bench.upstream.requests).toHaveLength(2);
  });
});

describe('R18 nobody who could serve', () => {
  test.each([
    ['the provider is switched off', { enabled: false }],
    ['every key is switched off', { keys: keysFrom(0, 1).map((key) => ({ ...key, enabled: false })) }],
    ['the provider has no key', { keys: [] }],
  ])('R18 %s → 503 with a plain reason, the upstream is not touched', async (_name, provider) => {
    await bench.start({ provider });
    bench.expectEnds('refused');
    bench.afterwardsAskSpare();

    const reply = await bench.ask();

    expect(reply.status).toBe(503);
    expect(JSON.parse(reply.text).error).toMatchObject({ code: 'provider-unavailable' });
    expect(reply.text).toMatch(/switched off|no enabled key/);
    expect(bench.upstream.connectionsAccepted).toBe(0);
  });
});

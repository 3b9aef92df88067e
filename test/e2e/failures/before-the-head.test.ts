import { describe, expect, test } from 'vitest';
import { CHAT, failureBench } from '../../support/failure-bench.ts';
import { FINE_ANSWER, FINE_BODY } from '../../support/scripted-upstream.ts';

const bench = failureBench();

describe('R07 no answer', () => {
  test('R07 accepts, reads the request, never answers → 504 after the first-byte timeout, no second attempt, closed', async () => {
    await bench.start({ provider: { timeouts: { firstByte: '200ms' } } });
    bench.expectEnds('first_byte_timeout');
    bench.upstream.onRequest((_request, { closed }) => closed);

    const reply = await bench.ask();

    expect(reply.status).toBe(504);
    expect(reply.headers.get('x-rotato-source')).toBe('rotato');
    expect(bench.upstream.requests).toHaveLength(1);
    await bench.upstream.abandoned();
  });
});

describe('R08 closed before anything was read', () => {
  test.each(['finish', 'reset'] as const)(
    'R08 accepts and closes at once (%s) → provably unsent: served on a fresh socket',
    async (closing) => {
      await bench.start();
      bench.expectEnds('served');
      bench.upstream.onConnection((connection) => {
        if (connection.number === 1) connection[closing]();
      });

      const reply = await bench.ask();

      expect(reply.text).toBe(FINE_BODY);
      expect(bench.upstream.requests).toHaveLength(1);
      const [record] = await bench.rotato.recorded(1);
      expect(record?.attempts.map(({ outcome }) => outcome)).toEqual(['not-sent', 'served']);
    },
  );
});

describe('R09 closed after the whole request was read', () => {
  test.each(['finish', 'reset'] as const)(
    'R09 reads the request and closes without an answer (%s) → 502, not sent again',
    async (closing) => {
      await bench.start();
      bench.expectEnds('upstream_closed');
      bench.upstream.onRequest((_request, connection) => connection[closing]());

      expect((await bench.ask()).status).toBe(502);
      expect(bench.upstream.requests).toHaveLength(1);
    },
  );

  test('R09 the same for a GET → tried again: reading twice harms nobody', async () => {
    await bench.start();
    bench.expectEnds('served');
    bench.upstream.onRequest(async ({ connection: number }, connection) => {
      if (number === 1) connection.finish();
      else await connection.send(FINE_ANSWER);
    });

    expect((await bench.ask({ method: 'GET', target: '/openai/models' })).status).toBe(200);
    expect(bench.upstream.requests).toHaveLength(2);
  });

  test('R09 on a reused connection, closed in good order (FIN) after reading → 502, not sent again', async () => {
    await bench.start();
    bench.expectEnds('served', 'upstream_closed');
    bench.upstream.onRequest(async (_request, connection) => {
      if (bench.upstream.requests.length === 1) await connection.send(FINE_ANSWER);
      else connection.finish();
    });

    expect((await bench.ask()).status).toBe(200);
    expect((await bench.ask()).status).toBe(502);
    expect(bench.upstream.requests.map(({ connection }) => connection)).toEqual([1, 1]);
  });
});

describe('R10 a connection that dies as it is reused', () => {
  test('R10 an idle connection is reset at the moment of use → one transparent retry, each request handled once', async () => {
    await bench.start();
    bench.expectEnds('served', 'served');
    bench.upstream.onConnection(async (connection) => {
      if (connection.number > 1) return;
      await connection.request();
      await connection.send(FINE_ANSWER);
      // What arrives now is a request this side never looks at.
      await connection.reader.any();
      connection.reset();
    });

    expect((await bench.ask()).status).toBe(200);
    const second = await bench.ask();

    expect(second.text).toBe(FINE_BODY);
    expect(bench.upstream.requests.map(({ connection }) => connection)).toEqual([1, 2]);
    expect(second.headers.get('x-rotato-attempts')).toBe('2');
  });

  test.each(['finish', 'reset'] as const)(
    'R10 an idle connection is closed between two requests (%s) → the second goes out on a fresh one',
    async (closing) => {
      await bench.start();
      bench.expectEnds('served', 'served');
      bench.upstream.onRequest(async ({ connection: number }, connection) => {
        await connection.send(FINE_ANSWER);
        if (number === 1) connection[closing]();
      });

      expect((await bench.ask()).status).toBe(200);
      await bench.upstream.abandoned();
      expect((await bench.ask()).status).toBe(200);
      expect(bench.upstream.requests.map(({ connection }) => connection)).toEqual([1, 2]);
    },
  );
});

describe('R11 interim answers', () => {
  test.each([
    ['100 Continue', 'HTTP/1.1 100 Continue\r\n\r\n'],
    ['102 Processing', 'HTTP/1.1 102 Processing\r\n\r\n'],
    ['103 Early Hints', 'HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload\r\n\r\n'],
    [
      'all three, twice',
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n'.repeat(2),
    ],
  ])('R11 %s before the answer → the answer, whole and alone', async (_name, interim) => {
    await bench.start();
    bench.expectEnds('served');
    bench.upstream.onRequest(async (_request, connection) => {
      for (const byte of interim) await connection.send(byte);
      await connection.send(FINE_ANSWER);
    });

    const reply = await bench.ask();

    expect(reply).toMatchObject({ status: 200, text: FINE_BODY, interim: [] });
    expect(reply.headers.get('link')).toBeNull();
  });

  test('R11 100 Continue in one piece with the answer → the answer', async () => {
    await bench.start();
    bench.expectEnds('served');
    bench.upstream.onRequest((_request, connection) => connection.send('HTTP/1.1 100 Continue\r\n\r\n', FINE_ANSWER));

    expect((await bench.ask()).text).toBe(FINE_BODY);
  });

  test('R11 101 that nobody asked for → 502, nothing of what follows reaches the caller', async () => {
    await bench.start();
    bench.expectEnds('bad_response');
    bench.upstream.onRequest((_request, connection) =>
      connection.send('HTTP/1.1 101 Switching Protocols\r\nupgrade: other\r\nconnection: upgrade\r\n\r\nother bytes'),
    );

    const reply = await bench.ask();

    expect(reply.status).toBe(502);
    expect(reply.text).not.toContain('other bytes');
    await bench.upstream.abandoned();
  });
});

describe('R12 what is no HTTP', () => {
  const noise = Buffer.from(Array.from({ length: 4096 }, (_, at) => (at * 197 + (at >> 3) * 31) % 256));

  test.each([
    ['a status that is no number', 'HTTP/1.1 abc OK\r\n\r\n'],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['no status line', 'content-type: text/plain\r\n\r\nhello'],
    ['HTTP/0.9', '<html>hello</html>\n'],
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['TLS where none was asked for', Buffer.from('15030300020228', 'hex')],
    ['noise', noise],
  ])('R12 %s → 502, not sent again', async (_name, bytes) => {
    await bench.start();
    bench.expectEnds('bad_response');
    bench.upstream.onRequest(async (_request, connection) => {
      await connection.send(bytes);
      connection.finish();
    });

    const reply = await bench.ask();

    expect(reply.status).toBe(502);
    expect(reply.text).not.toMatch(/hello|OpenSSH/);
    expect(bench.upstream.requests).toHaveLength(1);
    await bench.upstream.abandoned();
  });
});

describe('R13 heads without measure', () => {
  const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n';

  test('R13 one header of 200 KB → 502', async () => {
    await bench.start();
    bench.expectEnds('bad_response');
    bench.upstream.onRequest((_request, connection) =>
      connection.send(`${OK}x-big: ${'b'.repeat(200 * 1024)}\r\n\r\nok`),
    );

    expect((await bench.ask()).status).toBe(502);
    await bench.upstream.abandoned();
  });

  test('R13 5,000 headers of 150 KB together → 502', async () => {
    await bench.start();
    bench.expectEnds('bad_response');
    const headers = Array.from({ length: 5_000 }, (_, at) => `x-header-${at}: ${'v'.repeat(16)}\r\n`).join('');
    bench.upstream.onRequest((_request, connection) => connection.send(`${OK}${headers}\r\nok`));

    expect((await bench.ask()).status).toBe(502);
    await bench.upstream.abandoned();
  });

  test('R13 3,000 headers within the cap → every one of them arrives, in order', async () => {
    await bench.start();
    bench.expectEnds('served');
    const names = Array.from({ length: 3_000 }, (_, at) => `X-Header-${at}`);
    const headers = names.map((name) => `${name}: v\r\n`).join('');
    bench.upstream.onRequest((_request, connection) => connection.send(`${OK}${headers}\r\nok`));

    const { status, headers: received } = await bench.ask();

    expect(status).toBe(200);
    expect(received.raw.filter((name) => name.startsWith('X-Header-'))).toEqual(names);
  });

  test('R13 a head without end → 502 as soon as it is too large, and no more of it is read', async () => {
    await bench.start();
    bench.expectEnds('bad_response');
    let sent = 0;
    bench.upstream.onRequest(async (_request, connection) => {
      await connection.send(OK);
      const line = `x-more: ${'m'.repeat(1000)}\r\n`;
      while (sent < 64 * 1024 * 1024) {
        await connection.send(line);
        sent += line.length;
      }
    });

    expect((await bench.ask()).status).toBe(502);
    await bench.upstream.abandoned();
    // What both kernels hold on the way is not ours to bound.
    expect(sent).toBeLessThan(16 * 1024 * 1024);
  });
});

describe('R14 framing that two parsers could read differently', () => {
  const withHeaders = (...lines: string[]) => `HTTP/1.1 200 OK\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;

  test.each([
    ['a length and chunks', `${withHeaders('Content-Length: 2', 'Transfer-Encoding: chunked')}2\r\nok\r\n0\r\n\r\n`],
    ['chunks and a length', `${withHeaders('Transfer-Encoding: chunked', 'Content-Length: 2')}2\r\nok\r\n0\r\n\r\n`],
    ['two different lengths', `${withHeaders('Content-Length: 2', 'Content-Length: 5')}ok`],
    ['two lengths in one header', `${withHeaders('Content-Length: 2, 5')}ok`],
    ['a negative length', `${withHeaders('Content-Length: -2')}ok`],
    ['a signed length', `${withHeaders('Content-Length: +2')}ok`],
    ['a length in hex', `${withHeaders('Content-Length: 0x2')}ok`],
    ['a length beyond all numbers', `${withHeaders('Content-Length: 99999999999999999999999')}ok`],
    ['an empty length', `${withHeaders('Content-Length:')}ok`],
    ['a folded header', `${withHeaders('x-folded: one', ' two', 'Content-Length: 2')}ok`],
    ['a folded encoding', `${withHeaders('Transfer-Encoding:', ' chunked')}2\r\nok\r\n0\r\n\r\n`],
    ['bare line feeds', 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok'],
    ['a bare line feed after a header', 'HTTP/1.1 200 OK\r\nx-one: 1\nContent-Length: 2\r\n\r\nok'],
    ['a bare carriage return', 'HTTP/1.1 200 OK\r\nx-one: 1\rContent-Length: 2\r\n\r\nok'],
    ['a NUL in a value', `${withHeaders('x-nul: a\0b', 'Content-Length: 2')}ok`],
    ['a NUL in a name', `${withHeaders('x-n\0ul: a', 'Content-Length: 2')}ok`],
    ['a space before the colon', `${withHeaders('Content-Length : 2')}ok`],
    ['a header without a name', `${withHeaders(': value', 'Content-Length: 2')}ok`],
    ['a header without a colon', `${withHeaders('nonsense', 'Content-Length: 2')}ok`],
  ])('R14 %s → 502, the connection is not used again', async (_name, bytes) => {
    await bench.start();
    bench.expectEnds('bad_response');
    bench.upstream.onRequest((_request, connection) => connection.send(bytes));

    const reply = await bench.ask(CHAT);

    expect(reply.status).toBe(502);
    expect(bench.upstream.requests).toHaveLength(1);
    await bench.upstream.abandoned();
  });
});

import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { failureBench } from '../../support/failure-bench.ts';
import { FakeResolver } from '../../support/fake-resolver.ts';
import { certificate, trustTestAuthority } from '../../support/test-certificates.ts';

const bench = failureBench();

/** A port of this machine on which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('R01 connection refused', () => {
  test('R01 connection refused → retried as the policy allows, then 502 naming the provider and not the URL, no key blamed', async () => {
    const port = await closedPort();
    await bench.start({ provider: { baseUrl: `http://127.0.0.1:${port}/secret-path` } });
    bench.expectEnds('connect_refused');
    bench.afterwardsAskSpare();

    const reply = await bench.ask();

    expect(reply.status).toBe(502);
    expect(reply.text).toContain('openai');
    expect(reply.text).not.toMatch(/127\.0\.0\.1|secret-path/);
    const [record] = await bench.rotato.recorded(1);
    expect(record?.attempts.map(({ outcome }) => outcome)).toEqual(['not-sent', 'not-sent', 'not-sent']);
  });

  test('R01 the upstream is back → the very next request uses the same key', async () => {
    const port = await closedPort();
    await bench.start({ provider: { baseUrl: `http://127.0.0.1:${port}/v1` }, file: { limits: { retries: 0 } } });
    bench.expectEnds('connect_refused', 'served');

    expect((await bench.ask()).status).toBe(502);
    await bench.appearAt(port);

    const reply = await bench.ask();
    expect(reply.status).toBe(200);
    expect(reply.headers.get('x-rotato-key')).toBe('key-1');
  });
});

describe('R02 names that do not resolve', () => {
  test.each([
    ['NXDOMAIN', { error: 'ENOTFOUND' }, 'dns'],
    ['SERVFAIL', { error: 'EAI_AGAIN' }, 'dns'],
    ['no answer', 'silence', 'connect_timeout'],
  ] as const)(
    'R02 %s → 502 within the connect timeout, keys untouched, nothing remembered of it',
    async (_name, answer, end) => {
      const resolver = new FakeResolver();
      resolver.resolve('provider.test', answer);
      await bench.start({
        name: 'provider.test',
        provider: { timeouts: { connect: '300ms' } },
        file: { limits: { retries: 0 } },
      });
      bench.expectEnds(end, 'served');

      const reply = await bench.ask();
      expect(reply.status).toBe(502);
      expect(reply.text).toContain('openai');
      expect(reply.text).not.toContain('provider.test');

      resolver.resolve('provider.test', ['127.0.0.1']);
      expect((await bench.ask()).headers.get('x-rotato-key')).toBe('key-1');
    },
  );
});

describe('R03 a name with a dead and a live address', () => {
  test.each([
    ['nobody listens on', '::1'],
    ['no route leads to', '2001:db8::1'],
  ])('R03 first a v6 address that %s, then a live v4 one → served', async (_why, dead) => {
    const resolver = new FakeResolver();
    resolver.resolve('provider.test', [dead, '127.0.0.1']);
    await bench.start({ name: 'provider.test' });
    bench.expectEnds('served');

    expect((await bench.ask()).status).toBe(200);
    expect(bench.upstream.requests).toHaveLength(1);
  });
});

describe('R04 a name that is rebound to a forbidden address', () => {
  test.each(['169.254.169.254', 'fd00:ec2::254', '::ffff:169.254.169.254', '0.0.0.0'])(
    'R04 the name of a provider that is allowed private addresses is rebound to %s → 502, nobody is connected to',
    async (address) => {
      const resolver = new FakeResolver();
      resolver.resolve('provider.test', ['127.0.0.1']);
      await bench.start({ name: 'provider.test' });
      bench.expectEnds('served', 'address_forbidden');
      bench.upstream.onRequest((_request, connection) =>
        connection.send('HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'),
      );

      expect((await bench.ask()).status).toBe(200);
      resolver.resolve('provider.test', [address]);
      const reply = await bench.ask();

      expect(reply.status).toBe(502);
      expect(reply.text).toMatch(/link-local, metadata or unspecified/);
      expect(bench.upstream.requests).toHaveLength(1);
      resolver.resolve('provider.test', ['127.0.0.1']);
    },
  );

  test('R04 a public name that resolves to this machine, private addresses not allowed → 502, no connection', async () => {
    const resolver = new FakeResolver();
    resolver.resolve('provider.test', ['127.0.0.1', '::1', '10.1.2.3']);
    await bench.start({ name: 'provider.test', provider: { allowPrivateAddress: false } });
    bench.expectEnds('address_forbidden');
    bench.afterwardsAskSpare();

    const reply = await bench.ask();

    expect(reply.status).toBe(502);
    expect(reply.text).toContain('allowPrivateAddress');
    expect(bench.upstream.connectionsAccepted).toBe(0);
  });
});

describe('R05 certificates', () => {
  test('R05 a valid certificate of a trusted authority → served, so that what follows can fail', async () => {
    trustTestAuthority();
    const resolver = new FakeResolver();
    resolver.resolve('provider.test', ['127.0.0.1']);
    await bench.start({ name: 'provider.test', tls: certificate('valid') });
    bench.expectEnds('served');

    expect((await bench.ask()).status).toBe(200);
  });

  test.each([
    ['expired', 'expired', true],
    ['wrong host', 'wrong-host', true],
    ['self-signed', 'self-signed', true],
    ['unknown authority', 'valid', false],
  ] as const)('R05 TLS: %s → 502 "tls", not one byte of HTTP was sent', async (_name, shown, trusted) => {
    if (trusted) trustTestAuthority();
    const resolver = new FakeResolver();
    resolver.resolve('provider.test', ['127.0.0.1']);
    await bench.start({ name: 'provider.test', tls: certificate(shown) });
    bench.expectEnds('tls');
    bench.afterwardsAskSpare();

    const reply = await bench.ask();

    expect(reply.status).toBe(502);
    expect(bench.upstream.connectionsAccepted).toBeGreaterThan(0);
    expect(bench.upstream.receivedBytes).toBe(0);
  });
});

describe('R06 TLS handshakes that come to nothing', () => {
  test('R06 the handshake hangs → 502 after the connect timeout', async () => {
    await bench.start({
      provider: { timeouts: { connect: '200ms' } },
      file: { limits: { retries: 0 } },
      scheme: 'https',
    });
    bench.expectEnds('connect_timeout');
    bench.afterwardsAskSpare();
    bench.upstream.onConnection(({ closed }) => closed);

    expect((await bench.ask()).status).toBe(502);
    await bench.upstream.abandoned();
  });

  test('R06 the handshake is reset → tried again, since nothing was sent', async () => {
    await bench.start({ scheme: 'https' });
    bench.expectEnds('connect_refused');
    bench.afterwardsAskSpare();
    bench.upstream.onConnection(async (connection) => {
      await connection.reader.any();
      connection.reset();
    });

    expect((await bench.ask()).status).toBe(502);
    expect(bench.upstream.connectionsAccepted).toBe(3);
  });
});

import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startTestRotato } from '../support/running-rotato.ts';

/** Longer than any test may take: whoever waits for it fails. */
const PATIENT = { drainMs: 120_000 };

describe('a server that stops', () => {
  it('does not wait for a connection that was opened ahead of use and never used', async () => {
    await using running = await startTestRotato({});
    const unused = connect(running.port, '127.0.0.1');
    await once(unused, 'connect');
    // Whoever is answered after it shows that the server has taken the connection.
    expect((await fetch(`${running.url}/healthz`)).status).toBe(200);
    const closed = once(unused.resume(), 'close');
    await running.rotato.close(PATIENT);
    await closed;
  });

  it('does not wait for a connection that is kept for later', async () => {
    await using running = await startTestRotato({});
    const idle = connect(running.port, '127.0.0.1');
    idle.write('GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n');
    await once(idle, 'data');
    const closed = once(idle.resume(), 'close');
    await running.rotato.close(PATIENT);
    await closed;
  });
});

import { describe, expect, test } from 'vitest';
import { CANARY_KEYS } from '../../test/support/canary.ts';
import { failureBench, keysFrom } from '../../test/support/failure-bench.ts';
import type { ScriptedConnection } from '../../test/support/scripted-upstream.ts';
import { waitUntil } from '../../test/support/wait-until.ts';

const bench = failureBench();

describe('a refusal that is kept for the caller', () => {
  test('is let go when a later fault is the last word, though its body never ends', async () => {
    await bench.start({ provider: { keys: keysFrom(0, 2) } });
    bench.expectEnds('upstream_closed');
    const refusing: ScriptedConnection[] = [];
    bench.upstream.onRequest((request, connection) => {
      const first = request.headers.get('authorization')?.endsWith(CANARY_KEYS[0] ?? '') === true;
      if (!first) return connection.finish();
      refusing.push(connection);
      return connection.send('HTTP/1.1 429 Wait\r\ncontent-length: 1000000\r\n\r\n', 'x'.repeat(100_000));
    });

    const reply = await bench.ask();

    expect(reply.status).toBe(502);
    expect(reply.headers.get('x-rotato-attempts')).toBe('2');
    await waitUntil(
      () => refusing.length === 1 && refusing[0]?.isClosed === true,
      () => 'the connection of the refusal to be closed',
    );
  });
});

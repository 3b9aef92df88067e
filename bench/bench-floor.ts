import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';

/**
 * The bare floor: a `node:http` server that hands every request to an undici dispatcher and its answer back, with no
 * logic at all. Nothing written on these two libraries can be faster; rotato is measured as a share of it.
 */
const upstream = new Pool(process.argv[2] as string, { allowH2: false, headersTimeout: 0, bodyTimeout: 0 });

const server = createServer({ requestTimeout: 0 }, (request, reply) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    upstream.dispatch(
      {
        path: request.url ?? '/',
        method: request.method as 'POST',
        headers: { 'content-type': request.headers['content-type'], authorization: 'Bearer bench' },
        body: chunks.length === 0 ? null : Buffer.concat(chunks),
      },
      {
        onRequestStart(controller) {
          reply.on('close', () => controller.abort(new Error('closed')));
        },
        onResponseStart(_controller, status, headers) {
          reply.writeHead(status, headers);
        },
        onResponseData(controller, chunk) {
          if (reply.write(chunk)) return;
          controller.pause();
          reply.once('drain', () => controller.resume());
        },
        onResponseEnd() {
          reply.end();
        },
        onResponseError() {
          reply.destroy();
        },
      },
    );
  });
});

server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('message', () => process.send?.(usage()));
process.on('disconnect', () => process.exit());

function usage() {
  const { user, system } = process.cpuUsage();
  globalThis.gc?.();
  return { cpuUs: user + system, rss: process.memoryUsage.rss() };
}

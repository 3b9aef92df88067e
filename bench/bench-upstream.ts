import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The upstream of the benchmark, a process of its own: answers at once, so that what is measured is what stands before it. */
const REPLY = Buffer.from(
  JSON.stringify({
    id: 'chatcmpl-bench',
    object: 'chat.completion',
    created: 1767225600,
    model: 'gpt-4o',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hello there.' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
  }),
);

const HEADERS = {
  'content-type': 'application/json',
  'content-length': REPLY.length,
  'openai-organization': 'org-bench',
  'x-request-id': 'req_bench',
  // More than can be asked for here, and true to themselves: what was spent comes back within a minute.
  'x-ratelimit-limit-requests': '10000000',
  'x-ratelimit-remaining-requests': '9990000',
  'x-ratelimit-reset-requests': '60ms',
  'x-ratelimit-limit-tokens': '2000000000',
  'x-ratelimit-remaining-tokens': '1999000000',
  'x-ratelimit-reset-tokens': '30ms',
};

const CHUNK = Buffer.from(
  `data: ${JSON.stringify({
    id: 'chatcmpl-bench',
    object: 'chat.completion.chunk',
    created: 1767225600,
    model: 'gpt-4o',
    choices: [{ index: 0, delta: { content: ' word' }, finish_reason: null }],
  })}\n\n`,
);

/** `/stream?chunks=N&every=MS`: N chunks, one every MS; `/large?bytes=N`: N bytes as fast as they are taken. */
const server = createServer((request, reply) => {
  const url = new URL(request.url ?? '/', 'http://bench');
  request.resume();
  request.on('end', () => {
    if (url.pathname.endsWith('/stream')) return stream(reply, url.searchParams);
    if (url.pathname.endsWith('/large')) return large(reply, Number(url.searchParams.get('bytes')));
    reply.writeHead(200, HEADERS).end(REPLY);
  });
});

function stream(reply: ServerResponse, options: URLSearchParams): void {
  let left = Number(options.get('chunks'));
  reply.writeHead(200, { 'content-type': 'text/event-stream' });
  const timer = setInterval(
    () => {
      if (left-- > 0) reply.write(CHUNK);
      else {
        clearInterval(timer);
        reply.end('data: [DONE]\n\n');
      }
    },
    Number(options.get('every')),
  );
  reply.on('close', () => clearInterval(timer));
}

function large(reply: ServerResponse, bytes: number): void {
  const block = Buffer.alloc(64 * 1024, 'x');
  let left = bytes;
  reply.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': bytes });
  const push = () => {
    while (left > 0) {
      const part = left < block.length ? block.subarray(0, left) : block;
      left -= part.length;
      if (!reply.write(part)) {
        reply.once('drain', push);
        return;
      }
    }
    reply.end();
  };
  push();
}

server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('disconnect', () => process.exit());

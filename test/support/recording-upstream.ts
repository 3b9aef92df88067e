import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RecordedRequest {
  readonly method: string;
  /** Byte for byte as it stood in the request line. */
  readonly target: string;
  /** Flat names and values, in order, as they were spelled. */
  readonly rawHeaders: readonly string[];
  readonly bodyBytes: number;
  readonly bodySha256: string;
}

/** What to answer. Nothing is added to the headers but framing. */
export interface PlannedReply {
  readonly status?: number;
  /** Flat names and values. */
  readonly headers?: readonly string[];
  /** One announces its length; several are sent as chunks, each in a write of its own. */
  readonly body?: Buffer | readonly Buffer[];
}

/** An upstream that keeps what it was sent and answers as planned. */
export interface RecordingUpstream extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly requests: RecordedRequest[];
  close(): Promise<void>;
}

export async function startRecordingUpstream(
  plan: (request: RecordedRequest) => PlannedReply,
): Promise<RecordingUpstream> {
  const requests: RecordedRequest[] = [];
  const server = createServer({ maxHeaderSize: 512 * 1024, keepAliveTimeout: 60_000 }, (request, reply) => {
    void record(request).then((recorded) => {
      requests.push(recorded);
      return send(reply, plan(recorded));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${port}`, port, requests, close, [Symbol.asyncDispose]: close };
}

async function record(request: IncomingMessage): Promise<RecordedRequest> {
  const { method = '', url: target = '', rawHeaders } = request;
  const hash = createHash('sha256');
  let bodyBytes = 0;
  for await (const chunk of request) {
    hash.update(chunk as Buffer);
    bodyBytes += (chunk as Buffer).length;
  }
  return { method, target, rawHeaders, bodyBytes, bodySha256: hash.digest('hex') };
}

async function send(reply: ServerResponse, { status = 200, headers = [], body = [] }: PlannedReply): Promise<void> {
  reply.sendDate = false;
  if (Buffer.isBuffer(body)) {
    reply.writeHead(status, [...headers, 'Content-Length', String(body.length)]).end(body);
    return;
  }
  reply.writeHead(status, [...headers]);
  for (const chunk of body) await new Promise<void>((resolve) => reply.write(chunk, () => resolve()));
  reply.end();
}

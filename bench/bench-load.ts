import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { type Dispatcher, Pool } from 'undici';

/** What the parent asks of this process; each is answered by one message. */
export type Job =
  | { kind: 'throughput'; origin: string; path: string; connections: number; ms: number }
  | { kind: 'latency'; origin: string; path: string; perSecond: number; ms: number }
  | { kind: 'streams'; origin: string; path: string; streams: number; ms: number }
  | { kind: 'stalled-reader'; origin: string; path: string; ms: number };

const BODY = Buffer.from(
  JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Say hello to the world, would you?' }] }),
);
const HEADERS = ['content-type', 'application/json', 'authorization', 'Bearer anything', 'accept', 'application/json'];

process.on('message', (job: Job) => void run(job).then((result) => process.send?.(result)));
process.on('disconnect', () => process.exit());

function run(job: Job): Promise<object> {
  switch (job.kind) {
    case 'throughput':
      return throughput(job);
    case 'latency':
      return latency(job);
    case 'streams':
      return streams(job);
    case 'stalled-reader':
      return stalledReader(job);
  }
}

/** Closed loop: each connection sends its next request when the last is answered. */
async function throughput(job: Extract<Job, { kind: 'throughput' }>): Promise<object> {
  const pool = new Pool(job.origin, { connections: job.connections, allowH2: false });
  let done = 0;
  let answered = 0;
  let failed = 0;
  let running = true;
  const next = () => {
    if (!running) return;
    send(pool, job.path, (ok) => {
      answered++;
      if (ok) done++;
      else failed++;
      next();
    });
  };
  for (let nth = 0; nth < job.connections; nth++) next();
  await sleep(job.ms / 4);
  done = 0;
  const start = performance.now();
  await sleep(job.ms);
  const perSecond = done / ((performance.now() - start) / 1000);
  running = false;
  // What is still running when the pool is destroyed is cut off by us and no failure.
  const result = { perSecond, failed, answered };
  await pool.destroy();
  return result;
}

/** Open loop: requests start on a schedule, whatever became of the earlier ones. */
async function latency(job: Extract<Job, { kind: 'latency' }>): Promise<object> {
  const pool = new Pool(job.origin, { connections: 64, allowH2: false });
  const tookMs: number[] = [];
  let failed = 0;
  let started = 0;
  const begin = performance.now();
  await new Promise<void>((resolve) => {
    const tick = setInterval(() => {
      const due = Math.floor(((performance.now() - begin) * job.perSecond) / 1000);
      for (; started < due; started++) {
        const at = performance.now();
        send(pool, job.path, (ok) => {
          if (!ok) failed++;
          else if (at - begin > job.ms / 4) tookMs.push(performance.now() - at);
        });
      }
      if (performance.now() - begin < job.ms * 1.25) return;
      clearInterval(tick);
      setTimeout(resolve, 200);
    }, 1);
  });
  await pool.destroy();
  tookMs.sort((a, b) => a - b);
  return { p50: at(tookMs, 0.5), p99: at(tookMs, 0.99), count: tookMs.length, failed };
}

async function streams(job: Extract<Job, { kind: 'streams' }>): Promise<object> {
  const pool = new Pool(job.origin, { allowH2: false });
  let bytes = 0;
  let open = 0;
  const finished: Promise<void>[] = [];
  for (let nth = 0; nth < job.streams; nth++) {
    finished.push(
      new Promise((resolve) => {
        pool.dispatch(
          { path: job.path, method: 'POST', headers: HEADERS, body: BODY, headersTimeout: 0, bodyTimeout: 0 },
          {
            onRequestStart() {},
            onResponseStart: () => void open++,
            onResponseData(_controller, chunk) {
              bytes += chunk.length;
            },
            onResponseEnd: () => resolve(),
            onResponseError: () => resolve(),
          },
        );
      }),
    );
    if (nth % 50 === 49) await sleep(10);
  }
  // With most of them open every process is busy with their chunks, and a connection is accepted between two rounds of those.
  const openBy = performance.now() + 120_000;
  while (open < job.streams && performance.now() < openBy) await sleep(20);
  process.send?.({ progress: 'open', open });
  bytes = 0;
  const start = performance.now();
  await sleep(job.ms);
  const bytesPerSecond = bytes / ((performance.now() - start) / 1000);
  await pool.destroy();
  return { bytesPerSecond, open };
}

/** Asks for a large answer and reads nothing of it. */
async function stalledReader(job: Extract<Job, { kind: 'stalled-reader' }>): Promise<object> {
  const { hostname, port } = new URL(job.origin);
  const socket: Socket = connect(Number(port), hostname);
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.pause();
  socket.write(`GET ${job.path} HTTP/1.1\r\nhost: ${hostname}:${port}\r\n\r\n`);
  await sleep(job.ms);
  process.send?.({ progress: 'stalled' });
  await sleep(500);
  socket.destroy();
  return {};
}

function send(pool: Dispatcher, path: string, done: (ok: boolean) => void): void {
  let ok = false;
  pool.dispatch(
    { path, method: 'POST', headers: HEADERS, body: BODY },
    {
      onRequestStart() {},
      onResponseStart(_controller, status) {
        ok = status === 200;
      },
      onResponseData() {},
      onResponseEnd: () => done(ok),
      onResponseError: () => done(false),
    },
  );
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import type { Job } from './bench-load.ts';

/**
 * What rotato costs, against the bare floor on the same machine at the same moment: the two are measured in turns and
 * every figure is the median of paired ratios or differences, so that a machine that is busy with other things slows
 * both. Four processes: upstream, floor, rotato, load.
 */
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 3);
const STREAMS = Number(process.env.BENCH_STREAMS ?? 2000);
const WARM_UP_MS = 5_000;
const CHAT = '/chat/completions';

interface Target {
  readonly name: 'floor' | 'rotato';
  readonly process: ChildProcess;
  readonly origin: string;
  readonly prefix: string;
}

interface Row {
  readonly what: string;
  readonly floor: string;
  readonly rotato: string;
  readonly compared: string;
  readonly target: string;
  readonly met: boolean;
}

const upstream = await start('bench-upstream.ts', []);
const floor = await target('floor', 'bench-floor.ts', '/v1');
const rotato = await target('rotato', 'bench-rotato.ts', '/openai');
const rows: Row[] = [];

await warmUp();
rows.push(...(await benchThroughput()));
rows.push(...(await benchLatency()));
rows.push(...(await benchStreams()));
rows.push(await benchStalledReader());
report();
for (const child of [upstream.process, floor.process, rotato.process]) child.kill();
process.exitCode = rows.every((row) => row.met) ? 0 : 1;

/** Both are measured as they run for days, not as they run in their first seconds, before their code is compiled. */
async function warmUp(): Promise<void> {
  for (const target of inTurns(0)) {
    progress(`warming up: ${target.name}`);
    await load({ kind: 'throughput', ...at(target, CHAT), connections: 64, ms: WARM_UP_MS });
  }
}

async function benchThroughput(): Promise<Row[]> {
  const pairs: { floor: number; rotato: number }[] = [];
  const cpuPairs: { floor: number; rotato: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const perSecond = { floor: 0, rotato: 0 };
    const cpuUs = { floor: 0, rotato: 0 };
    for (const target of inTurns(round)) {
      progress(`throughput, round ${round + 1} of ${ROUNDS}: ${target.name}`);
      const before = await usage(target);
      const result = await load<{ perSecond: number; failed: number; answered: number }>({
        kind: 'throughput',
        ...at(target, CHAT),
        connections: 64,
        ms: SECONDS * 1000,
      });
      if (result.failed > 0) throw new Error(`${result.failed} requests failed at the ${target.name}`);
      perSecond[target.name] = result.perSecond;
      cpuUs[target.name] = ((await usage(target)).cpuUs - before.cpuUs) / result.answered;
    }
    pairs.push(perSecond);
    cpuPairs.push(cpuUs);
  }
  const ratio = median(pairs.map((pair) => pair.rotato / pair.floor));
  return [
    {
      what: 'requests/s, 64 connections, short JSON',
      floor: median(pairs.map((pair) => pair.floor)).toFixed(0),
      rotato: median(pairs.map((pair) => pair.rotato)).toFixed(0),
      compared: `ratio ${ratio.toFixed(2)}`,
      target: '≥ 0.85',
      met: ratio >= 0.85,
    },
    cpuRow(cpuPairs),
  ];
}

/**
 * Where upstream, load and proxy share few processors, requests per second are a blend of all three; the processor time
 * of the process itself is not.
 */
function cpuRow(pairs: readonly { floor: number; rotato: number }[]): Row {
  return {
    what: 'processor time per request',
    floor: `${median(pairs.map((pair) => pair.floor)).toFixed(0)} µs`,
    rotato: `${median(pairs.map((pair) => pair.rotato)).toFixed(0)} µs`,
    compared: `ratio ${median(pairs.map((pair) => pair.rotato / pair.floor)).toFixed(2)}`,
    target: '',
    met: true,
  };
}

async function benchLatency(): Promise<Row[]> {
  const pairs: { floor: Latency; rotato: Latency }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const measured: Partial<Record<Target['name'], Latency>> = {};
    for (const target of inTurns(round)) {
      progress(`latency, round ${round + 1} of ${ROUNDS}: ${target.name}`);
      measured[target.name] = await load<Latency>({
        kind: 'latency',
        ...at(target, CHAT),
        perSecond: 500,
        ms: SECONDS * 1000,
      });
    }
    pairs.push(measured as { floor: Latency; rotato: Latency });
  }
  return [latencyRow(pairs, 'p50', 0.3), latencyRow(pairs, 'p99', 2)];
}

interface Latency {
  readonly p50: number;
  readonly p99: number;
}

function latencyRow(pairs: readonly { floor: Latency; rotato: Latency }[], which: keyof Latency, mostMs: number): Row {
  const added = median(pairs.map((pair) => pair.rotato[which] - pair.floor[which]));
  return {
    what: `latency ${which} at 500 requests/s`,
    floor: `${median(pairs.map((pair) => pair.floor[which])).toFixed(2)} ms`,
    rotato: `${median(pairs.map((pair) => pair.rotato[which])).toFixed(2)} ms`,
    compared: `added ${added.toFixed(2)} ms`,
    target: `≤ ${mostMs} ms`,
    met: added <= mostMs,
  };
}

async function benchStreams(): Promise<Row[]> {
  const pairs: { floor: StreamFigures; rotato: StreamFigures }[] = [];
  const rounds = Math.max(1, Math.ceil(ROUNDS / 2));
  for (let round = 0; round < rounds; round++) {
    const measured: Partial<Record<Target['name'], StreamFigures>> = {};
    for (const target of inTurns(round)) {
      progress(`${STREAMS} streams, round ${round + 1} of ${rounds}: ${target.name}`);
      measured[target.name] = await streamFigures(target);
    }
    pairs.push(measured as { floor: StreamFigures; rotato: StreamFigures });
  }
  const ratio = median(pairs.map((pair) => pair.rotato.bytesPerSecond / pair.floor.bytesPerSecond));
  const memory = (name: Target['name']) =>
    `${(median(pairs.map((pair) => pair[name].bytesPerStream)) / 1024).toFixed(1)} KB`;
  return [
    {
      what: `SSE throughput, ${STREAMS} streams at once`,
      floor: `${(median(pairs.map((pair) => pair.floor.bytesPerSecond)) / 1e6).toFixed(2)} MB/s`,
      rotato: `${(median(pairs.map((pair) => pair.rotato.bytesPerSecond)) / 1e6).toFixed(2)} MB/s`,
      compared: `ratio ${ratio.toFixed(2)}`,
      target: '≥ 0.85',
      met: ratio >= 0.85,
    },
    {
      what: 'memory per open stream',
      floor: memory('floor'),
      rotato: memory('rotato'),
      compared: '',
      target: '',
      met: true,
    },
  ];
}

interface StreamFigures {
  readonly bytesPerSecond: number;
  readonly bytesPerStream: number;
}

async function streamFigures(target: Target): Promise<StreamFigures> {
  const before = await usage(target);
  let during = before;
  const job: Job = {
    kind: 'streams',
    ...at(target, `${CHAT}/stream?chunks=1000000&every=50`),
    streams: STREAMS,
    ms: SECONDS * 1000,
  };
  const { bytesPerSecond, open } = await load<{ bytesPerSecond: number; open: number }>(job, async () => {
    during = await usage(target);
  });
  if (open < STREAMS) throw new Error(`only ${open} of ${STREAMS} streams opened at the ${target.name}`);
  return { bytesPerSecond, bytesPerStream: (during.rss - before.rss) / STREAMS };
}

async function benchStalledReader(): Promise<Row> {
  progress('a caller that reads nothing of 200 MB');
  const before = await usage(rotato);
  let during = before;
  const job: Job = { kind: 'stalled-reader', ...at(rotato, '/large?bytes=200000000'), ms: 3000 };
  await load(job, async () => {
    during = await usage(rotato);
  });
  const grewMb = (during.rss - before.rss) / 1e6;
  return {
    what: 'memory while a caller reads nothing of 200 MB',
    floor: '',
    rotato: `${grewMb.toFixed(1)} MB`,
    compared: '',
    target: '< 10 MB',
    met: grewMb < 10,
  };
}

function report(): void {
  progress('');
  const columns: (keyof Omit<Row, 'met'>)[] = ['what', 'floor', 'rotato', 'compared', 'target'];
  const head = Object.fromEntries(columns.map((column) => [column, column])) as unknown as Row;
  const widths = columns.map((column) => Math.max(...[head, ...rows].map((row) => row[column].length)));
  const line = (row: Row) => columns.map((column, nth) => row[column].padEnd(widths[nth] ?? 0)).join('  ');
  console.log(
    `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}, medians of ${ROUNDS} pairs`,
  );
  console.log(line(head));
  for (const row of rows) console.log(`${line(row)}  ${row.target === '' ? '' : row.met ? 'met' : 'MISSED'}`);
}

function inTurns(round: number): readonly Target[] {
  return round % 2 === 0 ? [floor, rotato] : [rotato, floor];
}

function at(target: Target, path: string): { origin: string; path: string } {
  return { origin: target.origin, path: `${target.prefix}${path}` };
}

async function start(file: string, args: readonly string[]): Promise<{ process: ChildProcess; port: number }> {
  const child = fork(new URL(file, import.meta.url), args, { execArgv: ['--expose-gc'] });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return { process: child, port };
}

async function target(name: Target['name'], file: string, prefix: string): Promise<Target> {
  const started = await start(file, [`http://127.0.0.1:${upstream.port}`]);
  return { name, process: started.process, origin: `http://127.0.0.1:${started.port}`, prefix };
}

async function usage(target: Target): Promise<{ rss: number; cpuUs: number }> {
  target.process.send('usage');
  const [figures] = (await once(target.process, 'message')) as [{ rss: number; cpuUs: number }];
  return figures;
}

/** Runs one job in a fresh load process, so that none inherits another's garbage. */
async function load<Result>(job: Job, onProgress?: () => Promise<void>): Promise<Result> {
  const child = fork(new URL('bench-load.ts', import.meta.url), { execArgv: [] });
  child.send(job);
  for (;;) {
    const [message] = (await once(child, 'message')) as [Result & { progress?: string }];
    if (message.progress === undefined) {
      child.disconnect();
      return message;
    }
    await onProgress?.();
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${text}`);
}

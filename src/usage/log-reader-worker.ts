import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../clock.ts';
import { explainLogFault } from './log-fault.ts';
import type { ReaderQuestion, ReaderReply, ReaderRequest } from './log-messages.ts';
import { LogReader } from './log-reader.ts';

/** The thread that searches the request log, so that however long that takes no relayed request waits for it. */

/** A search answers after this long with what it has found, and says where it goes on. */
const SEARCH_BUDGET_MS = 150;

function ask(reader: LogReader, question: ReaderQuestion): unknown {
  switch (question.kind) {
    case 'search':
      return reader.search(question.filter, question.page, SEARCH_BUDGET_MS);
    case 'get':
      return reader.get(question.id);
    case 'usage':
      return reader.usage(question.query);
  }
}

function answer(reader: LogReader, { number, question }: NonNullable<ReaderRequest>): ReaderReply {
  try {
    return { number, found: ask(reader, question) };
  } catch (error) {
    // The next question opens the file anew: it may have been put right.
    reader.close();
    return { number, problem: explainLogFault(error) };
  }
}

function serve(port: MessagePort): void {
  const reader = new LogReader(workerData as string, systemClock);
  port.on('message', (request: ReaderRequest) => {
    if (request !== null) return port.postMessage(answer(reader, request));
    reader.close();
    port.close();
  });
}

if (parentPort !== null) serve(parentPort);

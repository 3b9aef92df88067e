import { useCallback, useEffect, useRef, useState } from 'react';
import { call } from '../../api/client.ts';
import { sayProblem } from '../../api/problem.ts';
import { type Chat, readDelta, readRefusal, writeChat } from './chat-wire.ts';
import { EventLines } from './event-lines.ts';

export interface Message {
  readonly id: number;
  readonly role: 'user' | 'assistant';
  readonly text: string;
  /** Of an answer: still coming, whole, stopped by the reader, or failed. */
  readonly status: 'streaming' | 'done' | 'stopped' | 'failed';
  readonly problem: string | null;
  /** Under which rotato keeps the story of the request; null until its head has come. */
  readonly requestId: string | null;
}

export type ChatSetup = Pick<Chat, 'provider' | 'model' | 'system'>;

export interface Conversation {
  readonly messages: readonly Message[];
  readonly streaming: boolean;
  readonly send: (text: string, setup: ChatSetup) => void;
  readonly stop: () => void;
  readonly clear: () => void;
}

/** One conversation, kept nowhere but in memory. */
export function useChat(): Conversation {
  const [messages, setMessages] = useState<readonly Message[]>([]);
  const running = useRef<AbortController | null>(null);
  const lastId = useRef(0);
  const stop = useCallback(() => running.current?.abort(), []);
  useEffect(() => stop, [stop]);

  const send = (text: string, setup: ChatSetup) => {
    if (running.current !== null) return;
    const question = message(++lastId.current, 'user', { text, status: 'done' });
    const answer = message(++lastId.current, 'assistant', {});
    const controller = new AbortController();
    running.current = controller;
    setMessages((before) => [...before, question, answer]);
    const update = (patch: Partial<Message>) =>
      setMessages((before) => before.map((one) => (one.id === answer.id ? { ...one, ...patch } : one)));
    const turns = [...messages, question].filter(({ text }) => text !== '').map(({ role, text }) => ({ role, text }));
    void streamAnswer({ ...setup, turns }, controller.signal, update).finally(() => {
      running.current = null;
    });
  };
  return {
    messages,
    streaming: messages.at(-1)?.status === 'streaming',
    send,
    stop,
    clear: () => {
      stop();
      setMessages([]);
    },
  };
}

function message(id: number, role: Message['role'], given: Partial<Message>): Message {
  return { id, role, text: '', status: 'streaming', problem: null, requestId: null, ...given };
}

type Update = (patch: Partial<Message>) => void;

async function streamAnswer(
  chat: Omit<Chat, 'clientKey' | 'origin'>,
  signal: AbortSignal,
  update: Update,
): Promise<void> {
  try {
    const { key } = await call('GET /playground', { signal });
    const { url, headers, body } = writeChat({ ...chat, clientKey: key, origin: location.origin });
    const reply = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      credentials: 'omit',
      cache: 'no-store',
      signal,
    });
    update({ requestId: reply.headers.get('x-rotato-request-id') });
    if (!reply.ok || reply.body === null) {
      update({ status: 'failed', problem: `${reply.status}: ${readRefusal(await reply.text())}` });
      return;
    }
    await readAnswer(reply.body, chat.provider.settings.wire, update);
    update({ status: 'done' });
  } catch (error) {
    if (signal.aborted) update({ status: 'stopped' });
    else update({ status: 'failed', problem: sayProblem(error) });
  }
}

async function readAnswer(
  body: ReadableStream<Uint8Array>,
  wire: Chat['provider']['settings']['wire'],
  update: Update,
): Promise<void> {
  const lines = new EventLines();
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let text = '';
  const take = (events: readonly string[]) => {
    for (const data of events) text += readDelta(wire, data) ?? '';
    if (events.length > 0) update({ text });
  };
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    take(lines.push(decoder.decode(next.value, { stream: true })));
  }
  take(lines.end());
}

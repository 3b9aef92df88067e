import type { AdminEvents } from '../../src/admin/contract.ts';
import { EVENT_SCHEMAS } from '../../src/admin/contract.ts';
import { waitUntil } from './wait-until.ts';

type EventName = keyof AdminEvents;

export interface ReadEvent {
  readonly name: EventName;
  readonly data: unknown;
}

/** A panel that listens: keeps every event, and holds each to the contract. */
export class EventReader {
  readonly events: ReadEvent[] = [];
  text = '';
  ended = false;
  readonly #abort = new AbortController();

  /** `url` is rotato's own. */
  static async open(url: string, headers: Readonly<Record<string, string>>): Promise<EventReader> {
    const events = new EventReader();
    const reply = await fetch(`${url}/admin/api/events`, { headers, signal: events.#abort.signal });
    if (reply.status !== 200 || reply.body === null) throw new Error(`/events answered ${reply.status}`);
    void events.#read(reply.body);
    return events;
  }

  of<Name extends EventName>(name: Name): AdminEvents[Name][] {
    return this.events.filter((event) => event.name === name).map(({ data }) => data as AdminEvents[Name]);
  }

  /** Resolves once there are `count` of this name. */
  async seen<Name extends EventName>(name: Name, count = 1): Promise<AdminEvents[Name][]> {
    await waitUntil(
      () => this.of(name).length >= count,
      () => `${count} events "${name}"; there are ${this.events.map((event) => event.name).join(', ')}`,
    );
    return this.of(name);
  }

  leave(): void {
    this.#abort.abort();
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let rest = '';
    try {
      for await (const chunk of body) {
        const text = decoder.decode(chunk, { stream: true });
        this.text += text;
        const whole = (rest + text).split('\n\n');
        rest = whole.pop() ?? '';
        for (const block of whole) this.#take(block);
      }
    } catch (error) {
      if (!this.#abort.signal.aborted) throw error;
    }
    this.ended = true;
  }

  #take(block: string): void {
    const [, name, json] = /^event: (\w+)\ndata: (.*)$/s.exec(block) ?? [];
    if (name === undefined || json === undefined) return;
    const data = EVENT_SCHEMAS[name as EventName].parse(JSON.parse(json));
    this.events.push({ name: name as EventName, data });
  }
}

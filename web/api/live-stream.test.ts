import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LiveStream } from './live-stream.ts';

/** A line that does what the test says. */
class TestSource {
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  closed = false;
  readonly #listeners = new Map<string, (message: { data: string }) => void>();

  addEventListener(name: string, listener: (message: { data: string }) => void): void {
    this.#listeners.set(name, listener);
  }

  close(): void {
    this.closed = true;
  }

  say(name: string, data: unknown): void {
    this.#listeners.get(name)?.({ data: JSON.stringify(data) });
  }
}

function openLine() {
  const sources: TestSource[] = [];
  const told: string[] = [];
  const stream = new LiveStream({
    connect: () => {
      const source = new TestSource();
      sources.push(source);
      return source as unknown as EventSource;
    },
    onBack: () => told.push('back'),
    onBreak: () => told.push('break'),
  });
  stream.open();
  return { stream, sources, told, current: () => sources.at(-1) as TestSource };
}

describe('the live stream', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('is live from the first event, and hands events to those who listen', () => {
    const { stream, current } = openLine();
    const heard: unknown[] = [];
    const end = stream.on('settings', (event) => heard.push(event));
    expect(stream.state()).toBe('connecting');
    current().say('settings', { version: 3 });
    end();
    current().say('settings', { version: 4 });
    expect(stream.state()).toBe('live');
    expect(heard).toEqual([{ version: 3 }]);
  });

  it('says quietly that it reconnects, and after a while that what is shown is stale', () => {
    const { stream, current, told } = openLine();
    current().onopen?.();
    current().onerror?.();
    expect(stream.state()).toBe('reconnecting');
    expect(told).toEqual(['break']);
    vi.advanceTimersByTime(4_999);
    expect(stream.state()).toBe('reconnecting');
    vi.advanceTimersByTime(1);
    expect(stream.state()).toBe('stale');
  });

  it('tries again by itself, ever more slowly, and says when it is back', () => {
    const { stream, sources, current, told } = openLine();
    for (const waitMs of [500, 1_000, 2_000, 4_000, 8_000, 8_000]) {
      current().onerror?.();
      const before = sources.length;
      vi.advanceTimersByTime(waitMs - 1);
      expect(sources.length).toBe(before);
      vi.advanceTimersByTime(1);
      expect(sources.length).toBe(before + 1);
    }
    current().onopen?.();
    expect(stream.state()).toBe('live');
    expect(told.at(-1)).toBe('back');
    expect(sources.slice(0, -1).every(({ closed }) => closed)).toBe(true);
  });

  it('takes silence for a break, once it knows that there are heartbeats', () => {
    const { stream, current } = openLine();
    current().onopen?.();
    vi.advanceTimersByTime(600_000);
    expect(stream.state()).toBe('live');
    current().say('heartbeat', { at: 1 });
    vi.advanceTimersByTime(34_999);
    expect(stream.state()).toBe('live');
    vi.advanceTimersByTime(1);
    expect(stream.state()).toBe('reconnecting');
  });

  it('takes its end for a break, and stays shut once it is closed', () => {
    const { stream, sources, current } = openLine();
    current().onopen?.();
    current().say('end', { reason: 'stopping' });
    expect(stream.state()).toBe('reconnecting');
    stream.close();
    vi.advanceTimersByTime(60_000);
    expect(sources.length).toBe(1);
    expect(stream.state()).toBe('connecting');
  });
});

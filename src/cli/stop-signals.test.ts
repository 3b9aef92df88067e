import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import { listenForStop } from './stop-signals.ts';
import type { ProcessEvents } from './terminal.ts';

function listen() {
  const clock = new VirtualClock();
  const signals = new EventEmitter();
  const exits: number[] = [];
  const process = Object.assign(signals, { exit: (code: number) => exits.push(code) }) as unknown as ProcessEvents;
  return { clock, signals, exits, stop: listenForStop(process, clock) };
}

describe('listenForStop', () => {
  it('asks for an orderly stop at the first signal and ends at once at a later one', async () => {
    const { clock, signals, exits, stop } = listen();
    signals.emit('SIGTERM');
    expect(await stop.requested).toBe('SIGTERM');
    await clock.advance(600);
    signals.emit('SIGINT');
    expect(exits).toEqual([1]);
  });

  it('takes one Ctrl-C that arrives twice, from the terminal and through npm, for one', async () => {
    const { clock, signals, exits } = listen();
    signals.emit('SIGINT');
    await clock.advance(100);
    signals.emit('SIGINT');
    expect(exits).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { Departure } from './departure.ts';

describe('a departure', () => {
  it('is told once to everyone who listens', () => {
    const departure = new Departure();
    const told: string[] = [];
    for (const name of ['pool', 'upstream']) departure.addEventListener('abort', () => told.push(name));
    expect(departure.aborted).toBe(false);
    departure.leave();
    departure.leave();
    expect(departure.aborted).toBe(true);
    expect(told).toEqual(['pool', 'upstream']);
  });

  it('is not told to who no longer listens, nor to who never did', () => {
    const departure = new Departure();
    const told: string[] = [];
    const stays = () => told.push('stays');
    const goes = () => told.push('goes');
    departure.removeEventListener('abort', goes);
    departure.addEventListener('abort', stays);
    departure.removeEventListener('abort', goes);
    departure.addEventListener('abort', goes);
    departure.removeEventListener('abort', goes);
    departure.leave();
    expect(told).toEqual(['stays']);
  });

  it('lets who is told stop the others from being told no more than an AbortSignal does', () => {
    const departure = new Departure();
    const told: string[] = [];
    departure.addEventListener('abort', () => {
      told.push('first');
      departure.addEventListener('abort', () => told.push('too late'));
    });
    departure.addEventListener('abort', () => told.push('second'));
    departure.leave();
    expect(told).toEqual(['first', 'second']);
  });
});

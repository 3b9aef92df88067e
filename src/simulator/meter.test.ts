import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Charge, Meter, type TokenCharging } from './meter.ts';
import type { SimulatedLimit } from './windows.ts';

const SEED = 20_260_103;

function chargeOf(fields: Partial<Charge> = {}): Charge {
  return { model: 'sim-large', inputTokens: 10, outputTokens: 40, maxOutputTokens: null, ...fields };
}

function meterOf(limits: SimulatedLimit[], tokenCharging: TokenCharging = 'usage', refusalsCount = false): Meter {
  return new Meter(limits, { tokenCharging, refusalsCount }, 0);
}

describe('a meter', () => {
  it('takes all of a charge or nothing of it', () => {
    const meter = meterOf([{ model: '*', rpm: 10, tpm: 60 }]);
    expect(Meter.admit([meter], chargeOf(), 0).kind).toBe('admitted');
    const refusal = Meter.admit([meter], chargeOf(), 0);
    expect(refusal).toMatchObject({
      kind: 'window',
      limit: { dimension: 'tokens' },
      used: 50,
      requested: 50,
      waitMs: 40_000,
    });
    // The refused call left its request where it was.
    expect(refusal.kind === 'window' && refusal.readings(0)).toMatchObject([{ left: 9 }, { left: 10 }]);
  });

  it('names the window that keeps the call waiting longest', () => {
    const meter = meterOf([{ model: '*', rps: 1, rpm: 1, window: 'sliding' }]);
    Meter.admit([meter], chargeOf(), 0);
    expect(Meter.admit([meter], chargeOf(), 500)).toMatchObject({ limit: { periodMs: 60_000 }, waitMs: 59_500 });
  });

  it('owes what is counted later, and admits nobody until that is paid', () => {
    const meter = meterOf([{ model: '*', otpm: 60 }], 'on-completion');
    const charge = chargeOf({ outputTokens: 90 });
    expect(Meter.admit([meter], charge, 0).kind).toBe('admitted');
    Meter.complete([meter], charge, 0);
    expect(Meter.admit([meter], charge, 0)).toMatchObject({ kind: 'window', used: 90, waitMs: 31_000 });
    expect(Meter.admit([meter], charge, 31_000).kind).toBe('admitted');
  });

  it('frees a place as soon as a call is over', () => {
    const meter = meterOf([{ model: '*', concurrent: 1 }]);
    const first = Meter.admit([meter], chargeOf(), 0);
    expect(Meter.admit([meter], chargeOf(), 0)).toMatchObject({ kind: 'concurrency', limit: 1 });
    if (first.kind === 'admitted') first.release();
    expect(Meter.admit([meter], chargeOf(), 0).kind).toBe('admitted');
  });

  it('never admits more in any trailing period than a sliding limit, whatever comes, however often it is refused', () => {
    const calls = fc.array(
      fc.record({
        gapUs: fc.integer({ min: 0, max: 20_000_000 }),
        inputTokens: fc.integer({ min: 1, max: 300 }),
        outputTokens: fc.integer({ min: 0, max: 300 }),
        model: fc.constantFrom('sim-large', 'sim-small'),
      }),
      { maxLength: 80 },
    );
    const limits: SimulatedLimit[] = [
      { model: '*', rpm: 12, window: 'sliding' },
      { model: 'each', tpm: 900, window: 'sliding' },
    ];
    fc.assert(
      fc.property(calls, fc.boolean(), (traffic, refusalsCount) => {
        const meter = meterOf(limits, 'usage', refusalsCount);
        const admitted: { atUs: number; model: string; tokens: number }[] = [];
        let nowUs = 0;
        for (const { gapUs, ...call } of traffic) {
          nowUs += gapUs;
          const { kind } = Meter.admit([meter], chargeOf(call), nowUs / 1_000);
          if (kind === 'admitted')
            admitted.push({ atUs: nowUs, model: call.model, tokens: call.inputTokens + call.outputTokens });
        }
        for (const { atUs, model } of admitted) {
          const trailing = admitted.filter((other) => other.atUs <= atUs && other.atUs > atUs - 60_000_000);
          const same = trailing.filter((other) => other.model === model);
          expect(trailing.length).toBeLessThanOrEqual(12);
          expect(same.reduce((sum, { tokens }) => sum + tokens, 0)).toBeLessThanOrEqual(900);
        }
      }),
      { seed: SEED, numRuns: 200 },
    );
  });
});

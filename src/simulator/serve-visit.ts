import { sleep } from '../clock.ts';
import { asRotatoError, RotatoError } from '../errors.ts';
import type { Answer } from './answer.ts';
import { draw } from './distribution.ts';
import { type Plan, VendorRefusal } from './endpoint.ts';
import { findEndpoint } from './endpoints.ts';
import { type FaultRule, isVendorFault } from './faults.ts';
import type { Account } from './key-ring.ts';
import { type Admission, Meter } from './meter.ts';
import { readBody } from './request-body.ts';
import { failsAfterMetering } from './vendor-errors.ts';
import type { Visit, VisitSetting } from './visit.ts';

/** Answers one request. Never rejects: what happens here happens to one request. */
export async function serveVisit(visit: Visit, setting: VisitSetting): Promise<void> {
  visit.open();
  try {
    await decide(visit, setting);
  } catch (error) {
    // A body that broke off ends with its connection: nobody is left to be answered.
    if (visit.req.readableAborted || visit.signal.aborted) return;
    if (visit.res.headersSent) visit.res.destroy();
    else await visit.refuse(...explain(error));
  } finally {
    visit.close();
  }
}

/** A failure of the simulator itself must be seen by whoever runs it, so it says what happened. */
function explain(error: unknown): Parameters<Visit['refuse']> {
  if (error instanceof VendorRefusal) return [error.error, { detail: error.detail }];
  if (error instanceof RotatoError) return ['bad-request', { detail: error.message }];
  return ['server-error', { message: `The simulated provider failed: ${String(asRotatoError(error).cause)}` }];
}

async function decide(visit: Visit, setting: VisitSetting): Promise<void> {
  const arrival = visit.strike('arrival');
  if (arrival !== null) {
    setting.book.fault(arrival.fault);
    return visit.break(arrival);
  }
  const body = await readBody(visit.req, visit.entry);
  const { account } = visit;
  if (account === null) return visit.refuse('invalid-key');
  const plan = await planOf(visit, setting, account, body);
  if (plan.charge !== null) visit.noteModel(plan.charge.model);
  const fault = visit.strike('decision');
  if (fault !== null && isVendorFault(fault.fault) && !failsAfterMetering(fault.fault)) {
    return visit.refuseByFault(fault.fault, fault);
  }
  await meter(plan, { visit, setting, account, fault });
}

async function planOf(visit: Visit, setting: VisitSetting, account: Account, body: Buffer): Promise<Plan> {
  const { path, query, wire } = visit;
  const { method = '', headers } = visit.req;
  const found = findEndpoint(wire, method, path);
  if (found === null) throw new VendorRefusal('not-found', `Invalid URL (${method} ${path})`);
  return found.endpoint.plan({
    request: { method, path, query, headers, body },
    params: found.params,
    organisation: account.organisation,
    vendor: setting.vendor,
  });
}

interface Metering {
  readonly visit: Visit;
  readonly setting: VisitSetting;
  readonly account: Account;
  readonly fault: FaultRule | null;
}

async function meter(plan: Plan, metering: Metering): Promise<void> {
  const { visit, setting, account, fault } = metering;
  const { clock, book, vendor, options } = setting;
  const { charge } = plan;
  if (charge === null) {
    book.counters.unmetered += 1;
    visit.entry.decision = fault?.fault ?? 'unmetered';
    await deliver(plan, metering, null);
    return;
  }
  if (options.strictModels && !vendor.models.includes(charge.model)) return visit.refuse('model-unavailable');
  const admission = Meter.admit(account.meters, charge, clock.now());
  if (admission.kind !== 'admitted') return visit.refuseByLimit(admission);
  visit.entry.decision = fault?.fault ?? 'admitted';
  visit.count('admitted');
  visit.count('inputTokens', charge.inputTokens);
  visit.count('outputTokens', charge.outputTokens);
  try {
    if (await deliver(plan, metering, admission)) visit.count('completed');
  } finally {
    Meter.complete(account.meters, charge, clock.now());
    admission.release();
  }
}

/** From admission to the last byte. True when a whole, good answer was handed over. */
async function deliver(plan: Plan, { visit, setting, fault }: Metering, admission: Admission | null): Promise<boolean> {
  const { clock, random, options, book } = setting;
  const { signal } = visit;
  if (fault !== null) book.fault(fault.fault);
  if (fault?.fault === 'reset-after-reading' || fault?.fault === 'close-after-reading') return breakOff(visit, fault);
  const latencyMs = draw(options.latency ?? 0, random);
  if (latencyMs > 0) await sleep(clock, latencyMs, signal);
  if (fault?.fault === 'stall-before-headers') await sleep(clock, fault.delayMs ?? Number.POSITIVE_INFINITY, signal);
  if (signal.aborted) return false;
  if (fault?.fault === 'reset-before-headers' || fault?.fault === 'garbage') return breakOff(visit, fault);
  const readings = admission?.readings(clock.now()) ?? [];
  if (fault !== null && isVendorFault(fault.fault)) {
    return visit.send(visit.errorAnswer(fault.fault, { status: fault.status, message: fault.message }), readings, null);
  }
  return visit.send(await answerOf(plan, visit, setting), readings, fault);
}

function breakOff(visit: Visit, fault: FaultRule): false {
  visit.break(fault);
  return false;
}

/** Some objects turn out not to exist only when they are looked for. */
async function answerOf(plan: Plan, visit: Visit, { book }: VisitSetting): Promise<Answer> {
  try {
    return await plan.answer();
  } catch (error) {
    if (!(error instanceof VendorRefusal)) throw error;
    book.refuse(error.error);
    return visit.errorAnswer(error.error, { detail: error.detail });
  }
}

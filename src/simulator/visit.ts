import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../clock.ts';
import type { Wire } from '../model/provider.ts';
import type { Random } from '../random.ts';
import { type Answer, json, type WholeAnswer } from './answer.ts';
import { writeAnswer } from './answer-writer.ts';
import type { CounterBook, Tally } from './counters.ts';
import { credentialOf, wireOf } from './credentials.ts';
import type { Vendor } from './endpoint.ts';
import { type FaultRule, type FaultRules, isCutting, isVendorFault } from './faults.ts';
import type { Account, KeyRing } from './key-ring.ts';
import { limitHeaders, type ResolvedStyle, resolveStyle } from './limit-headers.ts';
import type { MeterRefusal, WindowReading } from './meter.ts';
import type { SimulatedProviderOptions } from './provider-options.ts';
import { rateLimitRefusal, reasonOf } from './rate-limit-refusal.ts';
import type { LoggedRequest, RequestLog } from './request-log.ts';
import { type ErrorContext, type VendorError, type VendorErrorName, vendorError } from './vendor-errors.ts';
import { vendorHeaders } from './vendor-headers.ts';

/** What all visits share. */
export interface VisitSetting {
  readonly options: SimulatedProviderOptions;
  readonly clock: Clock;
  readonly random: Random;
  readonly book: CounterBook;
  readonly log: RequestLog;
  readonly faults: FaultRules;
  readonly keyRing: KeyRing;
  readonly vendor: Vendor;
}

/** One request to the provider: who asks for what, how it is counted, and the ways of answering it. */
export class Visit {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly wire: Wire;
  /** Null when the credential is unknown. */
  readonly account: Account | null;
  readonly entry: LoggedRequest;
  readonly #setting: VisitSetting;
  readonly #credential: string | null;
  readonly #requestId: string;
  readonly #client = new AbortController();
  #tallies: readonly Tally[];
  #brokenByUs = false;

  constructor(req: IncomingMessage, res: ServerResponse, setting: VisitSetting) {
    const target = req.url ?? '/';
    const question = target.indexOf('?');
    this.req = req;
    this.res = res;
    this.#setting = setting;
    this.path = question < 0 ? target : target.slice(0, question);
    this.query = new URLSearchParams(question < 0 ? '' : target.slice(question + 1));
    this.wire = wireOf(this.path, req.headers);
    this.#credential = credentialOf(this.wire, req.headers, this.query);
    this.account = setting.keyRing.accountOf(this.#credential);
    this.#requestId = setting.vendor.newId('req_');
    this.entry = {
      at: setting.clock.now(),
      method: req.method ?? '',
      target,
      rawHeaders: req.rawHeaders,
      rawTrailers: [],
      bodySha256: null,
      bodyBytes: 0,
      key: this.account === null ? null : this.#credential,
      group: this.account?.group ?? null,
      model: null,
      status: null,
      decision: null,
    };
    this.#tallies = setting.book.talliesOf(this.entry);
  }

  /** Aborts when the client closes before its answer has ended. */
  get signal(): AbortSignal {
    return this.#client.signal;
  }

  open(): void {
    this.#setting.log.add(this.entry);
    for (const tally of this.#tallies) enter(tally);
    this.res.sendDate = false;
    this.res.once('close', () => {
      if (this.res.writableFinished) return;
      if (!this.#brokenByUs) this.count('aborted');
      this.#client.abort();
    });
  }

  close(): void {
    for (const tally of this.#tallies) tally.inFlight -= 1;
  }

  /** The model is known only when the body has been read. */
  noteModel(model: string): void {
    this.entry.model = model;
    const [tally] = this.#setting.book.talliesOf({ key: null, group: null, model }).slice(1);
    if (tally === undefined) return;
    enter(tally);
    this.#tallies = [...this.#tallies, tally];
  }

  count(figure: 'admitted' | 'completed' | 'rateLimited' | 'aborted' | 'inputTokens' | 'outputTokens', by = 1): void {
    for (const tally of this.#tallies) tally[figure] += by;
  }

  /** What strikes this request now: what its own header asks for, or else a standing rule. */
  strike(phase: 'arrival' | 'decision'): FaultRule | null {
    const { key, group, model } = this.entry;
    const subject = { key: key ?? this.#credential, group, model, path: this.path };
    return this.#setting.faults.strike(subject, phase, this.req.headers['x-sim-fault']);
  }

  async refuse(name: VendorErrorName, context: ErrorContext = {}): Promise<void> {
    await this.#sendRefusal(name, this.#vendorError(name, context), {});
  }

  async refuseByFault(name: VendorErrorName, fault: FaultRule): Promise<void> {
    this.#setting.book.fault(fault.fault);
    const { retryAfterMs, status, message } = fault;
    const hint = retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1_000)) };
    await this.#sendRefusal(fault.fault, this.#vendorError(name, { status, message }), hint);
  }

  async refuseByLimit(refusal: MeterRefusal): Promise<void> {
    this.count('rateLimited');
    const call = {
      wire: this.wire,
      style: this.#style,
      model: this.entry.model ?? 'unknown',
      group: this.entry.group ?? 'unknown',
      requestId: this.#requestId,
    };
    const headers = this.#limitHeaders(refusal.readings(this.#setting.clock.now()));
    await this.#sendRefusal(reasonOf(refusal), rateLimitRefusal(call, refusal), headers);
  }

  /** Answers, spoiled as the fault demands. True when a whole, good answer was handed over. */
  async send(answer: Answer, readings: readonly WindowReading[], fault: FaultRule | null): Promise<boolean> {
    this.#brokenByUs = fault !== null && isCutting(fault.fault);
    return this.#write(answer, this.#limitHeaders(readings), fault);
  }

  /** The vendor's error in place of an answer. */
  errorAnswer(name: VendorErrorName, context: ErrorContext = {}): WholeAnswer {
    return asAnswer(this.#vendorError(name, context));
  }

  /** Ends the connection instead of answering. */
  break(fault: FaultRule): void {
    const { socket } = this.res;
    this.#brokenByUs = true;
    this.entry.decision = fault.fault;
    if (fault.fault === 'garbage') socket?.end('\u0001\u0002 this is not HTTP\r\n\r\n');
    else if (fault.fault === 'close-after-reading') socket?.end();
    else socket?.resetAndDestroy();
  }

  async #sendRefusal(reason: string, error: VendorError, headers: Record<string, string>): Promise<void> {
    this.#setting.book.refuse(reason);
    this.entry.decision = reason;
    await this.#write(asAnswer(error), headers, null);
  }

  async #write(answer: Answer, headers: Record<string, string>, fault: FaultRule | null): Promise<boolean> {
    const { clock, options } = this.#setting;
    const inBand = fault?.error ?? (fault !== null && isVendorFault(fault.fault) ? fault.fault : 'overloaded');
    this.entry.status = answer.kind === 'whole' ? answer.status : 200;
    const order = {
      res: this.res,
      clock,
      signal: this.signal,
      headers: { ...this.#vendorHeaders(this.entry.status), ...headers },
      tokensPerSecond: options.tokensPerSecond ?? null,
      fault,
      inBandError: () => this.#vendorError(inBand, { status: fault?.status, message: fault?.message }),
    };
    return (await writeAnswer(order, answer)) && this.entry.status < 300;
  }

  #vendorError(name: VendorErrorName, context: ErrorContext): VendorError {
    return vendorError(this.wire, name, {
      key: this.#credential,
      model: this.entry.model,
      requestId: this.#requestId,
      wallNow: this.#wallNow(),
      ...context,
    });
  }

  #vendorHeaders(status: number): Record<string, string> {
    const { options, clock } = this.#setting;
    // A key that is not accepted belongs to nobody.
    const named = options.organisationHeaders !== false && status !== 401;
    return vendorHeaders(this.wire, {
      requestId: this.#requestId,
      organisation: named ? this.entry.group : null,
      wallNow: this.#wallNow(),
      processingMs: clock.now() - this.entry.at,
    });
  }

  #limitHeaders(readings: readonly WindowReading[]): Record<string, string> {
    return limitHeaders(this.#style, readings, this.#wallNow());
  }

  get #style(): ResolvedStyle {
    return resolveStyle(this.#setting.options.headers ?? 'native', this.wire);
  }

  #wallNow(): number {
    const { clock, options } = this.#setting;
    return clock.wallNow() + (options.clockSkewMs ?? 0);
  }
}

function enter(tally: Tally): void {
  tally.received += 1;
  tally.inFlight += 1;
  tally.peakInFlight = Math.max(tally.peakInFlight, tally.inFlight);
}

function asAnswer({ status, headers, body }: VendorError): WholeAnswer {
  const answer = json(body, status);
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

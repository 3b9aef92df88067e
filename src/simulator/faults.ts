import { RotatoError } from '../errors.ts';
import type { Random } from '../random.ts';
import { isVendorErrorName, type VendorErrorName } from './vendor-errors.ts';

/** What can go wrong with the connection or in the middle of an answer, rather than with what the answer says. */
const TRANSPORT_FAULTS = [
  /** RST as soon as the head is there; the body is never read. */
  'reset-before-reading',
  /** RST once the whole request was read and metered. */
  'reset-after-reading',
  /** FIN instead of RST, likewise. */
  'close-after-reading',
  /** RST after the work was done, in place of the answer. */
  'reset-before-headers',
  /** RST after the head of the answer. */
  'reset-after-headers',
  /** RST half-way through the body. */
  'cut-mid-stream',
  /** FIN half-way through the body, in the middle of a chunk. */
  'end-mid-stream',
  'stall-before-headers',
  'stall-mid-stream',
  /** A 200 stream whose first event is an error. */
  'error-first-event',
  'error-mid-stream',
  /** Bytes that are not HTTP. */
  'garbage',
  /** One byte at a time. */
  'slow-drip',
] as const;

export type TransportFault = (typeof TRANSPORT_FAULTS)[number];
export type FaultName = TransportFault | VendorErrorName;

/** One thing that goes wrong, for whom, and how often. Whatever is left out matches everything. */
export interface FaultRule {
  readonly fault: FaultName;
  readonly key?: string;
  readonly group?: string;
  readonly model?: string;
  /** The beginning of the request path. */
  readonly path?: string;
  /** How many requests it strikes; unlimited by default. */
  readonly count?: number;
  /** Of each matching request, 0 to 1; 1 by default. */
  readonly probability?: number;
  /** How many matching requests it lets pass first. */
  readonly skip?: number;
  /** Another status than the vendor's, for faults that are answers. */
  readonly status?: number;
  /** The error that arrives inside a 200; `overloaded` by default. */
  readonly error?: VendorErrorName;
  /** Another text than the vendor's; `{key}` stands for the credential that was presented. */
  readonly message?: string;
  /** Announced with refusals. */
  readonly retryAfterMs?: number;
  /** How long a stall lasts (for ever by default), or the gap between the bytes of a drip (1 ms by default). */
  readonly delayMs?: number;
}

export interface FaultSubject {
  readonly key: string | null;
  readonly group: string | null;
  readonly model: string | null;
  readonly path: string;
}

export type FaultPhase = 'arrival' | 'decision';

const CUTTING: ReadonlySet<FaultName> = new Set(['reset-after-headers', 'cut-mid-stream', 'end-mid-stream']);

/** It is the provider, not the client, that ends the connection early. */
export function isCutting(fault: FaultName): boolean {
  return CUTTING.has(fault);
}

export function isVendorFault(fault: FaultName): fault is VendorErrorName {
  return isVendorErrorName(fault);
}

function isFaultName(name: unknown): name is FaultName {
  return (TRANSPORT_FAULTS as readonly unknown[]).includes(name) || isVendorErrorName(name);
}

interface StandingRule {
  readonly id: number;
  readonly rule: FaultRule;
  struck: number;
  passed: number;
}

/** The faults in force, in the order in which they were given; the first that matches strikes. */
export class FaultRules {
  readonly #random: Random;
  #standing: StandingRule[] = [];
  #nextId = 1;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Returns the id under which the rule can be taken back. */
  add(rule: FaultRule): number {
    if (!isFaultName(rule.fault)) throw new RotatoError('bad-request', `There is no fault called "${rule.fault}".`);
    const id = this.#nextId++;
    this.#standing.push({ id, rule, struck: 0, passed: 0 });
    return id;
  }

  remove(id: number): boolean {
    const before = this.#standing.length;
    this.#standing = this.#standing.filter((standing) => standing.id !== id);
    return this.#standing.length < before;
  }

  clear(): void {
    this.#standing = [];
  }

  list(): { id: number; rule: FaultRule; struck: number }[] {
    return this.#standing.map(({ id, rule, struck }) => ({ id, rule, struck }));
  }

  /**
   * What strikes a request: what its own header asks for, or else the first standing rule that matches, which is
   * spent. `arrival` is before the body is read; the model is not known then. Throws `bad-request` for a header that
   * cannot be read.
   */
  strike(subject: FaultSubject, phase: FaultPhase, header: string | string[] | undefined): FaultRule | null {
    const asked = typeof header === 'string' ? parseFaultHeader(header) : null;
    if (asked !== null && matches(asked, subject) && phaseOf(asked) === phase) return asked;
    for (const standing of this.#standing) {
      const { rule } = standing;
      if (phaseOf(rule) !== phase) continue;
      if (standing.struck >= (rule.count ?? Number.POSITIVE_INFINITY) || !matches(rule, subject)) continue;
      if (standing.passed < (rule.skip ?? 0)) {
        standing.passed += 1;
        continue;
      }
      if (rule.probability !== undefined && this.#random.next() >= rule.probability) continue;
      standing.struck += 1;
      return rule;
    }
    return null;
  }
}

function phaseOf({ fault }: FaultRule): FaultPhase {
  return fault === 'reset-before-reading' ? 'arrival' : 'decision';
}

function matches(rule: FaultRule, subject: FaultSubject): boolean {
  return (
    (rule.key === undefined || rule.key === subject.key) &&
    (rule.group === undefined || rule.group === subject.group) &&
    (rule.model === undefined || rule.model === subject.model) &&
    (rule.path === undefined || subject.path.startsWith(rule.path))
  );
}

const PARAMETERS: Readonly<Record<string, (text: string) => Partial<FaultRule>>> = {
  status: (text) => ({ status: Number(text) }),
  'retry-after-ms': (text) => ({ retryAfterMs: Number(text) }),
  'delay-ms': (text) => ({ delayMs: Number(text) }),
  message: (text) => ({ message: text }),
  key: (text) => ({ key: text }),
  error: (text) => (isVendorErrorName(text) ? { error: text } : {}),
};

/** The header `x-sim-fault: overloaded; status=503; retry-after-ms=2000; key=sk-a`, for one request. */
export function parseFaultHeader(value: string): FaultRule {
  const [fault = '', ...parameters] = value.split(';').map((part) => part.trim());
  if (!isFaultName(fault)) throw new RotatoError('bad-request', `There is no fault called "${fault}".`);
  const given = parameters.map((parameter) => {
    const at = parameter.indexOf('=');
    const name = parameter.slice(0, at);
    const read = Object.hasOwn(PARAMETERS, name) ? PARAMETERS[name] : undefined;
    if (read === undefined) throw new RotatoError('bad-request', `x-sim-fault takes no "${parameter}".`);
    return read(parameter.slice(at + 1));
  });
  return Object.assign({ fault }, ...given);
}

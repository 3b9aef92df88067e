import type { Clock } from '../clock.ts';
import { keyChecks } from '../config/cross-checks.ts';
import { keySchema } from '../config/schema.ts';
import { schemaProblems } from '../config/schema-problems.ts';
import { Secret } from '../model/secret.ts';
import type { StoredKey, StoredValidity } from '../model/settings-store.ts';
import type { EffectiveProvider } from './effective-settings.ts';
import { keyId } from './identity-key.ts';
import { fieldsOf, type InputObject, invalidField, originsOf } from './input-problems.ts';
import { hintOf, masked } from './mask.ts';
import type { AddKeysOptions } from './operator.ts';
import { readPastedKeys, wrongKey } from './pasted-keys.ts';
import type { Finding } from './probe.ts';
import type { Prober } from './prober.ts';
import { providerOf } from './snapshot.ts';
import type { AddedKey, Validity } from './views.ts';

/** More at once is a mistake, and would hold everybody else's changes up. */
const MOST_KEYS = 50_000;
const LONGEST_TEXT = 8 * 1024 ** 2;
/** Questions to one provider at the same time. */
const PROBES_AT_ONCE = 10;

/** One entry of what was sent, in order, with what is known of it by now. */
export interface Candidate {
  readonly secret: Secret;
  readonly masked: string;
  /** As sent; null where nothing was. */
  readonly label: string | null;
  /** In the words of the configuration file, without key, label and `enabled`. */
  readonly settings: InputObject;
  readonly enabled: boolean;
  /** Whether a taken label is to be altered, because nobody typed it, or refused. */
  readonly isLabelLoose: boolean;
  /** What is wrong with its spelling. */
  readonly problem: string | null;
}

/** `{ keys: […] }` or `{ text }`. Throws `invalid-input` for what is neither. */
export function readCandidates(input: InputObject): Candidate[] {
  const { keys, text } = input;
  for (const name of Object.keys(input)) {
    if (name !== 'keys' && name !== 'text') throw invalidField(name, 'unknown setting; allowed: keys or text');
  }
  if (typeof text === 'string' && keys === undefined) {
    if (text.length > LONGEST_TEXT) throw invalidField('text', `found ${text.length} characters; allowed: 8 MB`);
    return limited(readPastedKeys(text), 'text').map(({ key, label, group, problem }) =>
      candidate({ key, ...(label !== null && { label: tidyLabel(label) }), ...(group !== null && { group }) }, problem),
    );
  }
  if (!Array.isArray(keys) || text !== undefined) throw invalidField('keys', 'allowed: a list of keys, or else a text');
  return limited(keys, 'keys').map((entry: unknown) => {
    const isBare = typeof entry === 'string';
    const fields = isBare ? { key: entry } : typeof entry === 'object' && entry !== null ? entry : {};
    return candidate(fields as InputObject, null, false);
  });
}

function limited<Entry>(entries: Entry[], field: string): Entry[] {
  if (entries.length <= MOST_KEYS) return entries;
  throw invalidField(field, `found ${entries.length} keys; allowed: at most ${MOST_KEYS} at once`);
}

/** What stood beside a key may hold anything; a label may not. */
function tidyLabel(label: string): string {
  return label
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, 64)
    .trim();
}

function candidate(written: InputObject, problem: string | null, isLabelLoose = true): Candidate {
  const { key, label, enabled, ...settings } = written;
  const text = typeof key === 'string' ? key : '';
  const given = label === undefined || label === null || label === '' ? {} : { label };
  const tree = { ...settings, ...given, key, ...(enabled !== undefined && { enabled }) };
  return {
    secret: new Secret(text),
    masked: masked(hintOf(text)),
    label: typeof label === 'string' && label !== '' ? label : null,
    settings,
    enabled: enabled !== false && enabled !== 'off' && enabled !== 'false',
    isLabelLoose,
    problem: problem ?? (typeof key === 'string' ? wrongKey(key) : null) ?? wrongSettings(tree),
  };
}

/** The file's own rules. */
function wrongSettings(tree: InputObject): string | null {
  // A text with nothing said about it was looked at by `wrongKey`, which is the stricter; most of thousands are such.
  if (typeof tree.key === 'string' && Object.keys(tree).length === 1) return null;
  const origins = originsOf(tree);
  const parsed = keySchema.safeParse(tree);
  const problems = [...schemaProblems(parsed.error?.issues ?? [], origins), ...keyChecks([], tree, origins)];
  const fields = fieldsOf(problems);
  return fields.length === 0 ? null : fields.map(({ path, message }) => `${path}: ${message}`).join('. ');
}

/** What the provider says of each candidate that could be saved; undefined where it was not asked. */
export async function askAboutAll(
  candidates: readonly Candidate[],
  {
    provider,
    prober,
    onProgress,
  }: {
    readonly provider: EffectiveProvider;
    readonly prober: Prober;
    readonly onProgress: AddKeysOptions['onProgress'];
  },
): Promise<(Finding | undefined)[]> {
  const findings: (Finding | undefined)[] = candidates.map(() => undefined);
  const base = providerOf(provider);
  let next = 0;
  let done = 0;
  const askSome = async () => {
    for (let at = next++; at < candidates.length; at = next++) {
      const { secret, problem, settings } = candidates[at] as Candidate;
      if (problem === null) {
        const { baseUrl = null } = keySchema.parse({ ...settings, key: secret.reveal() });
        const key = { id: '', label: '', group: '', secret, weight: 1, enabled: true, limits: [], baseUrl };
        findings[at] = await prober.probe(base, key);
      }
      done++;
      onProgress?.({ done, total: candidates.length });
    }
  };
  await Promise.all(Array.from({ length: PROBES_AT_ONCE }, askSome));
  return findings;
}

export interface Admission {
  readonly providerId: string;
  readonly identityKey: Buffer;
  readonly clock: Clock;
  /** The provider's, the deleted ones among them, in order. */
  readonly known: readonly StoredKey[];
  readonly findings: readonly (Finding | undefined)[];
  readonly saveAnyway: boolean;
}

/** Which candidates become rows, and what is said of each. */
export function admitKeys(candidates: readonly Candidate[], admission: Admission) {
  const registrar = new Registrar(admission);
  const report = candidates.map((one, at) => registrar.admit(one, admission.findings[at]));
  return { rows: registrar.rows, report };
}

class Registrar {
  readonly rows: StoredKey[] = [];
  readonly #admission: Admission;
  /** By id, of the living. */
  readonly #labels: Map<string, string>;
  readonly #taken: Set<string>;
  #position: number;
  #number: number;

  constructor(admission: Admission) {
    this.#admission = admission;
    const living = admission.known.filter(({ deletedAt }) => deletedAt === null);
    this.#labels = new Map(living.map(({ id, settings }) => [id, String(settings.label)]));
    this.#taken = new Set(this.#labels.values());
    this.#position = admission.known.at(-1)?.position ?? 0;
    this.#number = living.length;
  }

  admit(one: Candidate, finding: Finding | undefined): AddedKey {
    const { label, masked, secret, problem } = one;
    const validity: Validity | null = finding?.said ?? null;
    const refuse = (outcome: 'duplicate' | 'invalid', detail: string | null): AddedKey => ({
      label,
      masked,
      outcome,
      detail,
      validity,
      id: null,
    });
    if (problem !== null) return refuse('invalid', problem);
    const { identityKey, providerId, saveAnyway } = this.#admission;
    const id = keyId(identityKey, providerId, secret.reveal());
    const twin = this.#labels.get(id);
    if (twin !== undefined) return refuse('duplicate', twin);
    if (finding?.said === 'invalid' && !saveAnyway) return refuse('invalid', finding.reason);
    if (label !== null && this.#taken.has(label) && !one.isLabelLoose) {
      return refuse('invalid', `label: another key is called ${label}; allowed: each label once`);
    }
    const given = label === null ? this.#nextLabel() : this.#freeLabel(label);
    this.#labels.set(id, given);
    this.#taken.add(given);
    this.rows.push(this.#row(id, one, { label: given, finding }));
    return { label: given, masked, outcome: 'added', detail: finding?.reason ?? null, validity, id };
  }

  #row(id: string, one: Candidate, { label, finding }: { label: string; finding: Finding | undefined }): StoredKey {
    const { providerId, clock } = this.#admission;
    const at = clock.wallNow();
    const validity: StoredValidity | null = finding === undefined ? null : { said: finding.said, at };
    this.#position++;
    return {
      id,
      providerId,
      position: this.#position,
      secret: one.secret,
      settings: { ...one.settings, label },
      enabled: one.enabled,
      validity,
      version: 1,
      createdAt: at,
      deletedAt: null,
    };
  }

  #nextLabel(): string {
    do this.#number++;
    while (this.#taken.has(`key-${this.#number}`));
    return `key-${this.#number}`;
  }

  #freeLabel(wanted: string): string {
    let label = wanted;
    for (let nth = 2; this.#taken.has(label); nth++) label = `${wanted.slice(0, 64 - 7)}-${nth}`;
    return label;
  }
}

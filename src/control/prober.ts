import type { Provider } from '../model/provider.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { UpstreamKey } from '../model/upstream-key.ts';
import { modelListCall, readModelList } from '../providers/model-list.ts';
import type { ModelsView } from './operator.ts';
import { type Finding, type ProbeParts, probeKey } from './probe.ts';

/** An operator waits for these answers: what takes longer is no answer. */
const TIMEOUTS = { connectMs: 10_000, firstByteMs: 15_000, idleMs: 15_000 };

/** OpenRouter's list, the longest known, is under one. */
const MOST_LIST_BYTES = 4 * 1024 ** 2;

/** Asks providers questions of our own, which cost nothing. */
export class Prober {
  readonly #parts: ProbeParts;

  constructor(parts: ProbeParts) {
    this.#parts = parts;
  }

  probe(provider: Provider, key: UpstreamKey): Promise<Finding> {
    return probeKey(this.#parts, { ...provider, timeouts: TIMEOUTS }, key);
  }

  /** For the pool: whether a key that was refused is genuine, or null when the provider's free call did not tell. */
  async isGenuine(snapshot: Snapshot, keyId: string): Promise<boolean | null> {
    for (const provider of snapshot.providers.values()) {
      const key = provider.keys.find(({ id }) => id === keyId);
      if (key === undefined) continue;
      const { said } = await this.probe(provider, key);
      return said === 'unknown' ? null : said !== 'invalid';
    }
    return null;
  }

  async models(provider: Provider, key: UpstreamKey): Promise<ModelsView> {
    const adapter = this.#parts.adapterOf(provider);
    const { method, path, headers } = modelListCall(adapter);
    const answer = await this.#parts.ask({
      provider: { ...provider, timeouts: TIMEOUTS },
      key,
      method,
      path,
      headers: [...headers, ...(key.secret === null ? [] : adapter.authorize(key.secret))],
      mostBytes: MOST_LIST_BYTES,
    });
    if (answer === null) return none(`${provider.name} did not answer. Check its base URL.`);
    if (answer.status >= 300) {
      return none(`${provider.name} refused to list its models to the key ${key.label} (status ${answer.status}).`);
    }
    const models = readModelList(answer.body);
    return models === null ? none(`${provider.name} answered with no list of models.`) : { models, error: null };
  }
}

function none(error: string): ModelsView {
  return { models: [], error };
}

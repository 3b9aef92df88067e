import type { BulkReport, KeyAct, Operator } from '../control/operator.ts';
import { asRotatoError, RotatoError } from '../errors.ts';
import type { Handlers } from './call.ts';
import { MOST_VALIDATED_AT_ONCE, type Route } from './contract.ts';
import type { LiveEvents } from './live-events.ts';

type KeyRoute = Extract<Route, `${string} /keys/${string}` | `${string}/keys` | `${string}/keys/move`>;

/** Questions to providers at the same time, so that a pool of thousands is checked without being a flood. */
const VALIDATED_TOGETHER = 4;

export function keyRoutes({ keys, providers }: Operator, live: LiveEvents): Handlers<KeyRoute> {
  const act =
    (name: KeyAct) =>
    ({ id, version }: { readonly id: string; readonly version: number | undefined }) =>
      keys.act(id, name, version);
  return {
    'GET /providers/{id}/keys': ({ id, query }) => keys.page(id, query),
    async 'POST /providers/{id}/keys'({ id, body }) {
      const { validate, saveAnyway, progressId, ...input } = body;
      const onProgress = progressId === undefined ? undefined : live.progressOf(progressId);
      const options = { validate, saveAnyway, ...(onProgress !== undefined && { onProgress }) };
      return { items: await keys.add(id, input, options) };
    },
    'POST /providers/{id}/keys/move'({ id, body }) {
      const { name } = providers.get(id);
      if (keys.get(body.id).provider !== name) throw new RotatoError('not-found', `This is no key of ${name}.`);
      return keys.move(body.id, body.before);
    },
    'GET /keys/{id}': ({ id }) => keys.get(id),
    'PATCH /keys/{id}': ({ id, body, version }) => keys.change(id, body, version),
    'DELETE /keys/{id}': act('remove'),
    'POST /keys/{id}/enable': act('enable'),
    'POST /keys/{id}/disable': act('disable'),
    'POST /keys/{id}/drain': act('drain'),
    'POST /keys/{id}/clear': act('clear'),
    'POST /keys/{id}/part': act('part'),
    'POST /keys/{id}/restore': act('restore'),
    async 'POST /keys/{id}/validate'({ id }) {
      await keys.validate(id);
      return keys.get(id);
    },
    'POST /keys/bulk': ({ body }) =>
      body.act === 'validate' ? validateAll(keys, body.ids) : keys.actOnAll(body.ids, body.act),
  };
}

async function validateAll(keys: Operator['keys'], ids: readonly string[]): Promise<BulkReport> {
  if (ids.length > MOST_VALIDATED_AT_ONCE) {
    const message = `At most ${MOST_VALIDATED_AT_ONCE} keys can be validated at once.`;
    throw new RotatoError('invalid-input', message, { fields: [{ path: 'ids', message }] });
  }
  const done: string[] = [];
  const refused: { id: string; reason: string }[] = [];
  const waiting = ids.values();
  const work = async () => {
    for (const id of waiting) {
      try {
        await keys.validate(id);
        done.push(id);
      } catch (thrown) {
        const error = asRotatoError(thrown);
        if (error.code === 'internal') throw error;
        refused.push({ id, reason: error.message });
      }
    }
  };
  await Promise.all(Array.from({ length: VALIDATED_TOGETHER }, work));
  return { done, refused };
}

/** One method of an SDK that makes one request, and how to call it with something plausible. */
export interface SdkMethod {
  /** `vectorStores.files.retrieve` */
  readonly name: string;
  call(): Promise<unknown>;
}

type Method = (...args: unknown[]) => unknown;

interface Resource {
  readonly [name: string]: unknown;
}

/**
 * Finds every method of a generated SDK by walking its client: whoever adds an endpoint to the SDK adds it to the
 * tests. Helpers that only combine other methods (polling, parsing, event emitters) make no request of their own.
 */
export function sdkMethods(client: object, sampleFile: () => File): SdkMethod[] {
  const found: SdkMethod[] = [];
  walk(client as Resource, [], { found, sampleFile, seen: new Set() });
  return found;
}

interface Walk {
  readonly found: SdkMethod[];
  readonly sampleFile: () => File;
  readonly seen: Set<object>;
}

const MAKES_REQUEST = /_client\s*\.\s*(?:get|post|put|patch|delete|getAPIList)\b/;

function walk(resource: Resource, path: readonly string[], walked: Walk): void {
  if (walked.seen.has(resource)) return;
  walked.seen.add(resource);
  if (path.length > 0) {
    for (const [name, method] of methodsOf(resource)) {
      const source = method.toString();
      if (!MAKES_REQUEST.test(source)) continue;
      const call = () => request(method.apply(resource, argumentsFor(source, walked.sampleFile)));
      walked.found.push({ name: [...path, name].join('.'), call });
    }
  }
  for (const [name, inner] of Object.entries(resource)) {
    const isResource = typeof inner === 'object' && inner !== null && '_client' in inner && !name.startsWith('_');
    if (isResource) walk(inner as Resource, [...path, name], walked);
  }
}

/** Its own and those of the classes it extends. */
function methodsOf(resource: Resource): [string, Method][] {
  const methods: [string, Method][] = [];
  for (let proto = Object.getPrototypeOf(resource); proto !== Object.prototype; proto = Object.getPrototypeOf(proto)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(proto))) {
      if (name !== 'constructor' && typeof value === 'function') methods.push([name, value as Method]);
    }
  }
  return methods;
}

/** What the SDK's promise came to, in a form that can be compared: a stream is read to its end, a body becomes bytes. */
async function request(started: unknown): Promise<unknown> {
  const result = await started;
  if (result instanceof Response) return Buffer.from(await result.arrayBuffer()).toString('base64');
  if (typeof result !== 'object' || result === null) return result;
  if (Symbol.asyncIterator in result && !('data' in result)) {
    const items: unknown[] = [];
    for await (const item of result as AsyncIterable<unknown>) items.push(item);
    return items;
  }
  return JSON.parse(JSON.stringify('data' in result ? result.data : result)) as unknown;
}

const PARAMETERS = /^[^(]*\((?<list>[^)]*)\)/;
/** `const { vector_store_id, ...body } = params`: ids that go into the path or into headers. */
const TAKEN_APART = /const \{ (?<names>[^}]*) \} = params/;

function argumentsFor(source: string, sampleFile: () => File): unknown[] {
  const names = (PARAMETERS.exec(source)?.groups?.list ?? '').split(',').map((name) => name.trim().split(' ')[0]);
  return names
    .filter((name) => name !== 'options' && name !== '')
    .map((name) => {
      if (name === 'query') return { limit: 2, after: 'obj_1' };
      if (name === 'body') return bodyFor(source, sampleFile);
      if (name === 'params') return { ...idsFor(source), ...bodyFor(source, sampleFile) };
      // A slash, a space and a letter beyond ASCII: how a path is encoded is the SDK's to say and nobody's to change.
      return name === 'model' || name === 'modelID' ? 'sim/large é' : `${name}_1`;
    });
}

function idsFor(source: string): Record<string, unknown> {
  const names = (TAKEN_APART.exec(source)?.groups?.names ?? '').split(',').map((name) => name.trim());
  const ids = names.filter((name) => name !== '' && !name.startsWith('...'));
  return Object.fromEntries(ids.map((name) => [name, name === 'betas' ? ['beta-1'] : `${name}_1`]));
}

function bodyFor(source: string, sampleFile: () => File): Record<string, unknown> {
  const body = { model: 'sim-large', name: 'sample', input: 'Grüße, 世界 🙂', max_tokens: 16, messages: [] };
  return /multipartForm/i.test(source) ? { ...body, messages: 'none', file: sampleFile() } : body;
}

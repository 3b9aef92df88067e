import { crossChecks, presetThatApplies } from '../config/cross-checks.ts';
import { formatDuration } from '../config/quantities.ts';
import { providerSchema, wrongProviderName } from '../config/schema.ts';
import type { FieldProblem } from '../errors.ts';
import type { UpstreamUrl } from '../model/upstream-url.ts';
import { fieldsOf, type InputObject, invalidField, invalidInput, originsOf, parseInput } from './input-problems.ts';
import { PRESET_CATALOG } from './snapshot.ts';

/** Lower case. Throws `invalid-input` for what cannot be a URL prefix. */
export function checkProviderName(name: unknown): string {
  if (typeof name !== 'string') throw invalidField('name', 'missing; allowed: a text');
  const wrong = wrongProviderName(name);
  if (wrong !== null) throw invalidField('name', `found a name that cannot be used; ${wrong}`);
  return name.toLowerCase();
}

/**
 * What a provider is to be set to, in the words of the configuration file and without keys, checked by the file's own
 * rules. Returns it as it is to be kept: with its preset in so many words, so that a rename does not change it.
 */
export function checkProvider(name: string, written: InputObject, maxWaitCeilingMs: number): InputObject {
  for (const member of ['keys', 'enabled', 'name']) {
    if (member in written) throw invalidField(member, 'unknown setting; this is changed by an act of its own');
  }
  const parsed = parseInput(providerSchema, written);
  const tree = { providers: { [name]: written }, limits: { maxWaitCeiling: formatDuration(maxWaitCeilingMs) } };
  const problems = fieldsOf(crossChecks(originsOf(tree, 2), PRESET_CATALOG));
  // What is wrong with a provider as a whole is that nothing says how to speak to it.
  const fields = problems.map(({ path, message }) => ({ path: path === '' ? 'preset' : path, message }));
  if (parsed.baseUrl !== undefined) fields.push(...wrongPaths('baseUrl', parsed.baseUrl));
  if (fields.length > 0) throw invalidInput(fields);
  const preset = presetThatApplies(name, written, PRESET_CATALOG);
  return preset === null ? written : { ...written, preset };
}

const VERSION_TWICE = /\/(v\d[a-z\d]*)\/v\d[a-z\d]*$/i;
const ENDPOINT = /\/(?:chat\/completions|completions|responses|embeddings|messages|models)$/i;

/** What people paste by mistake: the address of one endpoint, or a version that is there already. */
export function wrongPaths(field: string, { path }: UpstreamUrl): FieldProblem[] {
  if (VERSION_TWICE.test(path)) {
    return [{ path: field, message: 'found a version twice at its end; allowed: a URL that ends with one version' }];
  }
  const endpoint = ENDPOINT.exec(path)?.[0];
  if (endpoint === undefined) return [];
  return [{ path: field, message: `found an endpoint in it; allowed: the URL without ${endpoint}` }];
}

import type { PresetCatalog } from './config.ts';
import { formatPath, type Path, type Problem } from './problem.ts';
import { parseDuration } from './quantities.ts';
import { wrongGroupName, wrongProviderName } from './schema.ts';
import { type Origins, problemAt } from './schema-problems.ts';
import { suggestion } from './setting-types.ts';

/**
 * Rules over more than one setting. They read the tree as it was written and skip what they cannot make out, so that
 * they speak up even when a neighbour is wrong as well: all problems are to be told at once.
 */
export function crossChecks(origins: Origins, presets: PresetCatalog): Problem[] {
  const { clients, providers, limits } = asObject(origins.tree);
  const ceiling = asObject(limits).maxWaitCeiling;
  return [
    ...repeatedProviders(Object.keys(asObject(providers)), origins),
    ...Object.entries(asObject(providers)).flatMap(([name, provider]) =>
      providerChecks(['providers', name], { maxWaitCeiling: ceiling, ...asObject(provider) }, origins, presets),
    ),
    ...repetitions(asArray(clients), 'name', ['clients'], origins),
    ...repetitions(asArray(clients), 'key', ['clients'], origins),
  ];
}

/**
 * The preset that applies: the one named, or the one that is called like the provider where nothing else says how to
 * speak to it. Null when there is none.
 */
export function presetThatApplies(
  name: string,
  written: { readonly preset?: unknown; readonly wire?: unknown },
  presets: PresetCatalog,
): string | null {
  if (written.preset !== undefined) return String(written.preset);
  return written.wire === undefined && presets.has(name.toLowerCase()) ? name.toLowerCase() : null;
}

const FIGURES = ['rpm', 'rph', 'rpd', 'tpm', 'tpd', 'itpm', 'otpm', 'concurrent'];

type Written = Readonly<Record<string, unknown>>;

function providerChecks(path: Path, written: Written, origins: Origins, presets: PresetCatalog): Problem[] {
  const keys = asArray(written.keys);
  const groups = Object.entries(asObject(written.groups));
  return [
    ...nameChecks(path, wrongProviderName, origins),
    ...groups.flatMap(([name, group]) => [
      ...nameChecks([...path, 'groups', name], wrongGroupName, origins),
      ...limitChecks([...path, 'groups', name], group, origins),
    ]),
    ...keys.flatMap((key, at) => keyChecks([...path, 'keys', at], key, origins)),
    ...speechChecks(path, written, origins, presets),
    ...repetitions(keys, 'key', [...path, 'keys'], origins),
    ...repetitions(keys, 'label', [...path, 'keys'], origins),
    ...waitChecks(path, written, origins),
  ];
}

/** What can be wrong with a key by itself, besides its spelling. */
export function keyChecks(path: Path, key: unknown, origins: Origins): Problem[] {
  return [...limitChecks(path, key, origins), ...disclosures(path, asObject(key), origins)];
}

function nameChecks(path: Path, wrongName: (name: string) => string | null, origins: Origins): Problem[] {
  const wrong = wrongName(String(path.at(-1)));
  return wrong === null ? [] : [problemAt(path, 'found a name that cannot be used', wrong, origins)];
}

/** A limit that holds back nothing is a mistake in the making: whoever wrote it meant to name a figure. */
function limitChecks(path: Path, owner: unknown, origins: Origins): Problem[] {
  return asArray(asObject(owner).limits).flatMap((limit, at) => {
    const names = Object.keys(asObject(limit));
    // A name that is no setting is the schema's to report, and may well be the figure that was meant.
    if (names.some((name) => name !== 'model' && name !== 'window') || typeof limit !== 'object') return [];
    return [
      problemAt([...path, 'limits', at], 'found no limit', `allowed: at least one of ${FIGURES.join(', ')}`, origins),
    ];
  });
}

/** Labels and group names are shown to callers and in logs. */
function disclosures(path: Path, { key, ...shown }: Written, origins: Origins): Problem[] {
  if (typeof key !== 'string' || key.length < 8) return [];
  return ['label', 'group']
    .filter((name) => String(shown[name]).includes(key))
    .map((name) => {
      const allowed = 'allowed: a name that does not hold the key, because names are shown';
      return problemAt([...path, name], 'found the key itself in it', allowed, origins);
    });
}

/** How to speak to the provider, and where it is. */
function speechChecks(path: Path, written: Written, origins: Origins, presets: PresetCatalog): Problem[] {
  const presetName = presetThatApplies(String(path[1]), written, presets);
  const preset = presetName === null ? undefined : presets.get(presetName);
  const names = [...presets.keys()];
  if (presetName !== null && preset === undefined) {
    // A preset of the wrong type is the schema's to report.
    if (typeof written.preset !== 'string') return [];
    const allowed = `allowed: ${names.join(', ')}${suggestion(presetName, names)}`;
    return [
      problemAt(
        [...path, 'preset'],
        `found an unknown preset ${JSON.stringify(presetName.slice(0, 60))}`,
        allowed,
        origins,
      ),
    ];
  }
  if (preset === undefined && written.wire === undefined) {
    const allowed = `allowed: preset (${names.join(', ')}), or wire and baseUrl${suggestion(path[1], names)}`;
    return [problemAt(path, 'found neither preset nor wire', allowed, origins)];
  }
  const problems: Problem[] = [];
  if (preset !== undefined && written.wire !== undefined && written.wire !== preset.wire) {
    const allowed = `allowed: ${preset.wire}, which is what preset ${presetName} speaks, or nothing`;
    problems.push(problemAt([...path, 'wire'], 'found another wire', allowed, origins));
  }
  const keys = asArray(written.keys);
  const everyKeyHasItsOwn = keys.length > 0 && keys.every((key) => asObject(key).baseUrl !== undefined);
  if (written.baseUrl === undefined && (preset?.baseUrl ?? null) === null && !everyKeyHasItsOwn) {
    const allowed = 'allowed: the URL under which the provider is reached, here or on every key';
    problems.push(problemAt([...path, 'baseUrl'], 'missing', allowed, origins));
  }
  return problems;
}

function waitChecks(path: Path, { maxWait, maxWaitCeiling = '10m' }: Written, origins: Origins): Problem[] {
  const maxWaitMs = parseDuration(String(maxWait));
  const ceilingMs = parseDuration(String(maxWaitCeiling));
  if (maxWaitMs === null || ceilingMs === null || maxWaitMs <= ceilingMs) return [];
  const allowed = `allowed: at most maxWaitCeiling, ${String(maxWaitCeiling)}`;
  return [problemAt([...path, 'maxWait'], 'found a longer wait', allowed, origins)];
}

function repeatedProviders(names: readonly string[], origins: Origins): Problem[] {
  const seen = new Set<string>();
  return names.flatMap((name) => {
    const isRepeated = seen.has(name.toLowerCase());
    seen.add(name.toLowerCase());
    if (!isRepeated) return [];
    return [
      problemAt(
        ['providers', name],
        'found twice',
        'allowed: each name once, upper and lower case being the same',
        origins,
      ),
    ];
  });
}

/** Entries of a list that share what has to be their own. What they share may be a secret, so it is not shown. */
function repetitions(entries: readonly unknown[], name: string, path: Path, origins: Origins): Problem[] {
  const firstAt = new Map<string, number>();
  return entries.flatMap((entry, at) => {
    const value = asObject(entry)[name];
    if (typeof value !== 'string') return [];
    const earlier = firstAt.get(value);
    if (earlier === undefined) {
      firstAt.set(value, at);
      return [];
    }
    const found = `found the same ${name} as ${formatPath([...path, earlier])}`;
    return [problemAt([...path, at, name], found, `allowed: each ${name} once`, origins)];
  });
}

function asObject(value: unknown): Written {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Written) : {};
}

function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

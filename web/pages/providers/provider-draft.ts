import type { NewProvider, PresetView, ProviderSettingsView, TypedLimit } from '../../../src/admin/contract.ts';
import { draftLimit, type LimitDraft, limitFromDraft, limitProblems } from './limit-draft.ts';

/** A provider as it is being typed. Everything is text, so that nothing typed is ever lost. */
export interface ProviderDraft {
  readonly name: string;
  /** Null for one that is set up by hand. */
  readonly preset: string | null;
  readonly wire: Wire;
  readonly baseUrl: string;
  readonly strategy: StrategyName;
  /** Statuses with commas or spaces between them. */
  readonly rotateOn: string;
  readonly maxWait: string;
  readonly maxWaitCeiling: string;
  readonly connect: string;
  readonly firstByte: string;
  readonly idle: string;
  readonly allowPrivateAddress: boolean;
  readonly groups: readonly GroupDraft[];
}

export interface GroupDraft {
  readonly name: string;
  readonly limits: readonly LimitDraft[];
}

export type StrategyName = NonNullable<NewProvider['strategy']>;
export type Wire = PresetView['wire'];

type PresetFacts = Pick<PresetView, 'name' | 'wire' | 'baseUrl'>;

/** By the dotted path of the field, as the API names it. */
export type Problems = Readonly<Record<string, string>>;

export const STRATEGIES: readonly { readonly name: StrategyName; readonly says: string }[] = [
  { name: 'round-robin', says: 'Each key in turn. Spreads evenly.' },
  { name: 'ordered', says: 'The first key that has room, from the top of the list.' },
  { name: 'headroom', says: 'The key with the most quota left.' },
  { name: 'least-used', says: 'The key that had the fewest requests lately.' },
  { name: 'weighted', says: 'In proportion to the weight of each key.' },
  { name: 'latency', says: 'The key that answers fastest.' },
  { name: 'random', says: 'Any key that has room.' },
];

/** A name that is free: that of the preset, or with a number behind it. */
export function freeName(wanted: string, taken: readonly string[]): string {
  const names = new Set(taken.map((name) => name.toLowerCase()));
  if (!names.has(wanted)) return wanted;
  let number = 2;
  while (names.has(`${wanted}-${number}`)) number++;
  return `${wanted}-${number}`;
}

export function newProviderDraft(preset: PresetFacts | null, taken: readonly string[]): ProviderDraft {
  return {
    name: preset === null ? '' : freeName(preset.name, taken),
    preset: preset?.name ?? null,
    wire: preset?.wire ?? 'openai',
    baseUrl: preset?.baseUrl ?? '',
    strategy: 'round-robin',
    rotateOn: '',
    maxWait: '30s',
    maxWaitCeiling: '10m',
    connect: '10s',
    firstByte: '300s',
    idle: '300s',
    allowPrivateAddress: false,
    groups: [],
  };
}

export function draftOfSettings(name: string, settings: ProviderSettingsView): ProviderDraft {
  return {
    name,
    preset: settings.preset,
    wire: settings.wire,
    baseUrl: settings.baseUrl,
    strategy: STRATEGIES.find(({ name: known }) => known === settings.strategy)?.name ?? 'round-robin',
    rotateOn: settings.rotateOn.join(', '),
    maxWait: settings.maxWait,
    maxWaitCeiling: settings.maxWaitCeiling,
    ...settings.timeouts,
    allowPrivateAddress: settings.allowPrivateAddress,
    groups: Object.entries(settings.groups).map(([group, { limits }]) => ({
      name: group,
      limits: limits.map(draftLimit),
    })),
  };
}

/** What is sent when a provider is created: no more than was chosen, so that defaults stay defaults. */
export function newProviderInput(draft: ProviderDraft, preset: PresetFacts | null): NewProvider {
  const { name, baseUrl, allowPrivateAddress } = draft;
  const isOwnUrl = preset === null || baseUrl.trim() !== (preset.baseUrl ?? '');
  return {
    name: name.trim(),
    ...(preset === null ? { wire: draft.wire } : { preset: preset.name }),
    ...(isOwnUrl && baseUrl.trim() !== '' ? { baseUrl: baseUrl.trim() } : {}),
    ...(allowPrivateAddress ? { allowPrivateAddress } : {}),
    ...(draft.strategy === 'round-robin' ? {} : { strategy: draft.strategy }),
  };
}

/**
 * What is sent when settings were changed: a merge patch of whatever differs from what is shown. A quota group that was
 * taken away is null in it.
 */
export function settingsChange(draft: ProviderDraft, shown: ProviderSettingsView): Readonly<Record<string, unknown>> {
  const before = patchable(draftOfSettings(draft.name, shown));
  const { groups, ...after } = patchable(draft);
  const changed = Object.entries(after).filter(([name, value]) => !isSame(value, before[name as keyof typeof after]));
  const groupsChanged = {
    ...Object.fromEntries(Object.keys(before.groups).map((name) => [name, null])),
    ...groups,
  };
  const changedGroups = Object.entries(groupsChanged).filter(([name, group]) => !isSame(group, before.groups[name]));
  return {
    ...Object.fromEntries(changed),
    ...(changedGroups.length === 0 ? {} : { groups: Object.fromEntries(changedGroups) }),
  };
}

function isSame(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

function patchable(draft: ProviderDraft) {
  return {
    wire: draft.wire,
    // Taken away, the preset's own address applies again.
    baseUrl: draft.baseUrl.trim() === '' ? null : draft.baseUrl.trim(),
    strategy: draft.strategy,
    rotateOn: readStatuses(draft.rotateOn),
    maxWait: draft.maxWait.trim(),
    maxWaitCeiling: draft.maxWaitCeiling.trim(),
    timeouts: { connect: draft.connect.trim(), firstByte: draft.firstByte.trim(), idle: draft.idle.trim() },
    allowPrivateAddress: draft.allowPrivateAddress,
    groups: Object.fromEntries(
      draft.groups.map(({ name, limits }) => [name.trim(), { limits: limits.map(limitFromDraft) }]),
    ) as Readonly<Record<string, { readonly limits: readonly TypedLimit[] }>>,
  };
}

function readStatuses(text: string): readonly (string | number)[] {
  return text
    .split(/[\s,]+/)
    .filter(Boolean)
    .map((part) => (/^\d{3}$/.test(part) ? Number(part) : part));
}

/**
 * What is wrong with what was typed, so that it can be said while typing. The API checks everything again and has the
 * last word. `taken` are the names of the other providers.
 */
export function providerProblems(draft: ProviderDraft, taken: readonly string[]): Problems {
  const problems: Record<string, string | null> = {
    name: nameProblem(draft.name, taken),
    baseUrl: urlProblem(draft.baseUrl, draft.preset !== null),
    rotateOn: statusProblem(draft.rotateOn),
    maxWait: durationProblem(draft.maxWait),
    maxWaitCeiling: durationProblem(draft.maxWaitCeiling),
    'timeouts.connect': durationProblem(draft.connect),
    'timeouts.firstByte': durationProblem(draft.firstByte),
    'timeouts.idle': durationProblem(draft.idle),
    ...groupProblems(draft.groups),
  };
  const found = Object.entries(problems).filter((entry): entry is [string, string] => entry[1] !== null);
  return Object.fromEntries(found);
}

const RESERVED = ['admin', 'v1', 'healthz', 'readyz', 'metrics'];

export function nameProblem(text: string, taken: readonly string[]): string | null {
  const name = text.trim().toLowerCase();
  if (name === '') return 'Give it a name: it becomes the first part of the URL.';
  if (RESERVED.includes(name)) return `rotato serves /${name} itself; choose another name.`;
  if (name in Object.prototype) return 'That word has a meaning of its own in JavaScript; choose another name.';
  if (!/^[a-z0-9](?:[a-z0-9._~-]{0,62}[a-z0-9_~-])?$/.test(name)) {
    return 'Letters, digits and . _ - ~ only, up to 64, beginning with a letter or digit and not ending with a dot.';
  }
  return taken.some((other) => other.toLowerCase() === name) ? `There is a provider called ${name} already.` : null;
}

export function urlProblem(text: string, isOptional: boolean): string | null {
  const written = text.trim();
  if (written === '') return isOptional ? null : 'Type the address under which the provider is reached.';
  if (!URL.canParse(written)) return 'Write it whole, like https://api.openai.com/v1';
  const url = new URL(written);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'It begins with https:// or http://';
  if (url.username !== '' || url.password !== '') return 'Leave out the user name and password; keys are added below.';
  if (written.includes('#')) return 'Leave out the # and what follows.';
  if (written.includes('?')) return 'Leave out the ? and what follows.';
  if (/\/(v\d+[a-z0-9]*)\/\1\/?$/i.test(url.pathname)) return 'The version stands in it twice.';
  if (/\/(chat\/completions|messages|responses)\/?$/.test(url.pathname)) {
    return 'That is one endpoint; leave out what follows the version.';
  }
  return null;
}

export function durationProblem(text: string): string | null {
  return /^(?:0|\d{1,12}(?:\.\d{1,6})?(?:ms|s|m|h))$/.test(text.trim())
    ? null
    : 'A duration such as 250ms, 30s, 5m or 1h.';
}

export function statusProblem(text: string): string | null {
  for (const part of text.split(/[\s,]+/).filter(Boolean)) {
    const match = /^(\d{3})(?:-(\d{3})|=?\+)?$/.exec(part);
    const [first, last] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
    if (match === null || first < 400 || last > 599 || first > last) {
      return `“${part}” is no status: write 500, 500-503, 500+ (above) or 500=+ (and above), from 400 to 599.`;
    }
  }
  return null;
}

function groupProblems(groups: readonly GroupDraft[]): Record<string, string> {
  const problems: Record<string, string> = {};
  groups.forEach(({ name, limits }, at) => {
    const written = name.trim();
    const isPlain = /^[\x21-\x7e](?:[\x20-\x7e]{0,62}[\x21-\x7e])?$/.test(written) && !(written in Object.prototype);
    if (!isPlain) problems[`groups.${at}.name`] = 'A name of 1 to 64 plain characters.';
    else if (groups.findIndex((group) => group.name.trim() === written) < at) {
      problems[`groups.${at}.name`] = `There is a group called ${written} already.`;
    }
    limits.forEach((limit, limitAt) => {
      for (const [field, text] of Object.entries(limitProblems(limit))) {
        problems[`groups.${at}.limits.${limitAt}.${field}`] = text;
      }
    });
  });
  return problems;
}

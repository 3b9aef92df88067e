import type { KeyPatch, KeyView } from '../../../../src/admin/contract.ts';
import { draftLimit, type LimitDraft, limitFromDraft, limitProblems } from '../limit-draft.ts';
import { type Problems, urlProblem } from '../provider-draft.ts';

/** A key as it is being edited; its secret is never among it. */
export interface KeyDraft {
  readonly label: string;
  /** Empty where it is its own. */
  readonly group: string;
  readonly weight: string;
  readonly baseUrl: string;
  readonly limits: readonly LimitDraft[];
}

export type EditableKey = Pick<KeyView, 'label' | 'group' | 'weight' | 'baseUrl' | 'limits'>;

export function draftKey({ label, group, weight, baseUrl, limits }: EditableKey): KeyDraft {
  return { label, group: group ?? '', weight: String(weight), baseUrl: baseUrl ?? '', limits: limits.map(draftLimit) };
}

/** What differs from what is shown, as a merge patch: null takes away. */
export function keyChange(draft: KeyDraft, shown: EditableKey): KeyPatch {
  const typed = patchable(draft);
  const before = patchable(draftKey(shown));
  const changed = Object.entries(typed).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name as keyof typeof before]),
  );
  return Object.fromEntries(changed);
}

function patchable({ label, group, weight, baseUrl, limits }: KeyDraft) {
  return {
    label: label.trim() === '' ? null : label.trim(),
    group: group.trim() === '' ? null : group.trim(),
    weight: Number(weight),
    baseUrl: baseUrl.trim() === '' ? null : baseUrl.trim(),
    limits: limits.map(limitFromDraft),
  };
}

/** `takenLabels` are those of the other keys of the provider. */
export function keyProblems(draft: KeyDraft, takenLabels: readonly string[]): Problems {
  const problems: Record<string, string> = {};
  const label = draft.label.trim();
  if (label !== '' && !isPlain(label)) problems.label = '1 to 64 plain characters.';
  if (takenLabels.includes(label)) problems.label = `Another key is called ${label}.`;
  if (draft.group.trim() !== '' && !isPlain(draft.group.trim())) problems.group = '1 to 64 plain characters.';
  const weight = Number(draft.weight);
  if (draft.weight.trim() === '' || !(weight > 0 && weight <= 1e6)) problems.weight = 'A number above 0.';
  const url = urlProblem(draft.baseUrl, true);
  if (url !== null) problems.baseUrl = url;
  draft.limits.forEach((limit, at) => {
    for (const [field, text] of Object.entries(limitProblems(limit))) problems[`limits.${at}.${field}`] = text;
  });
  return problems;
}

function isPlain(name: string): boolean {
  return /^[\x21-\x7e](?:[\x20-\x7e]{0,62}[\x21-\x7e])?$/.test(name) && !(name in Object.prototype);
}

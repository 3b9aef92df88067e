import type { AddedKey } from '../../../../src/admin/contract.ts';

/** The first report, in which what was saved at the second try is saved. Both are of the same text, entry by entry. */
export function mergeReports(first: readonly AddedKey[], second: readonly AddedKey[]): readonly AddedKey[] {
  return first.map((key, at) => {
    const again = second[at];
    return key.outcome === 'invalid' && again?.outcome === 'added' ? again : key;
  });
}

/** Refused by the provider, but spelt as a key can be: the operator may know better. */
export function savableAnyway(report: readonly AddedKey[]): readonly AddedKey[] {
  return report.filter(({ outcome, validity }) => outcome === 'invalid' && validity === 'invalid');
}

/** "3 new, 1 double, 1 invalid" */
export function sayReport(report: readonly AddedKey[]): string {
  const words = { added: 'new', duplicate: 'double', invalid: 'invalid' } as const;
  const said = (['added', 'duplicate', 'invalid'] as const).flatMap((outcome) => {
    const count = report.filter((key) => key.outcome === outcome).length;
    return count === 0 ? [] : [`${count} ${words[outcome]}`];
  });
  return said.length === 0 ? 'No key was found in it' : said.join(', ');
}

/** What came of one key, in a sentence. */
export function sayOutcome({ outcome, detail, validity }: AddedKey): string {
  if (outcome === 'duplicate') return detail === null ? 'is there already' : `is there already: ${detail}`;
  if (outcome === 'invalid') return detail ?? 'cannot be used';
  if (validity === 'valid') return 'added; the provider knows it';
  if (validity === 'exhausted') return 'added; genuine, but without quota now';
  if (validity === 'invalid') return 'added although the provider refused it';
  return 'added, untested';
}

import type { ImportReport } from '../../../src/admin/contract.ts';
import { counted } from '../../format/numbers.ts';

/** What an import will do, a sentence each; one that says so when it will do nothing. */
export function sayImport(report: ImportReport): readonly string[] {
  const lines = [
    named('Adds', report.providersAdded, 'provider'),
    named('Changes', report.providersChanged, 'provider'),
    report.keysAdded > 0 ? `Adds ${counted(report.keysAdded, 'key')}.` : '',
    report.keysKnown > 0
      ? `Leaves ${counted(report.keysKnown, 'key')} that ${report.keysKnown === 1 ? 'is' : 'are'} there already.`
      : '',
    named('Adds', report.clientsAdded, 'client'),
    named('Leaves', report.clientsKnown, 'client'),
    named('Changes', report.settingsChanged, 'setting'),
  ].filter(Boolean);
  return lines.length === 0 ? ['Changes nothing: all of it is here already.'] : lines;
}

function named(verb: string, names: readonly string[], noun: string): string {
  return names.length === 0 ? '' : `${verb} ${counted(names.length, noun)}: ${names.join(', ')}.`;
}

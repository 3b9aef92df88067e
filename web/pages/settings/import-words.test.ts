import { expect, it } from 'vitest';
import type { ImportReport } from '../../../src/admin/contract.ts';
import { sayImport } from './import-words.ts';

const nothing: ImportReport = {
  providersAdded: [],
  providersChanged: [],
  keysAdded: 0,
  keysKnown: 0,
  clientsAdded: [],
  clientsKnown: [],
  settingsChanged: [],
  notes: [],
};

it('says what an import will do before it does it', () => {
  expect(
    sayImport({
      ...nothing,
      providersAdded: ['openai', 'groq'],
      keysAdded: 3,
      keysKnown: 1,
      settingsChanged: ['cors'],
    }),
  ).toEqual([
    'Adds 2 providers: openai, groq.',
    'Adds 3 keys.',
    'Leaves 1 key that is there already.',
    'Changes 1 setting: cors.',
  ]);
});

it('says so when it will do nothing', () => {
  expect(sayImport(nothing)).toEqual(['Changes nothing: all of it is here already.']);
});

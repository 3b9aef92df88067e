import { PRESETS } from '../providers/presets.ts';
import type { PresetView } from './operator.ts';

export function presetViews(): readonly PresetView[] {
  return [...PRESETS.values()].map(
    ({ name, title, wire, baseUrl, keyOptional, validation, proven, docs, keysPage }): PresetView => ({
      name,
      title,
      wire,
      baseUrl,
      keyOptional,
      hasFreeValidation: validation !== null,
      proven,
      docs,
      keysPage,
    }),
  );
}

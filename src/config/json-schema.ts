import { z } from 'zod';
import type { PresetCatalog } from './config.ts';
import { fileSchema } from './schema.ts';

/** The JSON Schema of the configuration file, for editors that complete and check while a person types. */
export function configJsonSchema(presets: PresetCatalog): Record<string, unknown> {
  const schema = z.toJSONSchema(fileSchema, {
    io: 'input',
    override({ jsonSchema, path }) {
      if (path.at(-1) === 'preset') jsonSchema.examples = [...presets.keys()];
    },
  });
  return { ...schema, title: 'rotato configuration', description: 'rotato.yaml, rotato.yml or rotato.json' };
}

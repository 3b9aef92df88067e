import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PRESET_CATALOG } from '../control/snapshot.ts';
import { configJsonSchema } from './json-schema.ts';
import { fileSchema, providerSchema } from './schema.ts';

const published = JSON.parse(readFileSync(new URL('../../docs/rotato.schema.json', import.meta.url), 'utf8'));

describe('the published JSON Schema', () => {
  it('is current; if not, run "node scripts/write-config-schema.ts"', () => {
    expect(published).toEqual(JSON.parse(JSON.stringify(configJsonSchema(PRESET_CATALOG))));
  });

  it('names every setting and allows no other', () => {
    const { properties, additionalProperties } = published;
    expect(Object.keys(properties)).toEqual(Object.keys(fileSchema.shape));
    expect(additionalProperties).toBe(false);
    const provider = properties.providers.additionalProperties;
    expect(Object.keys(provider.properties)).toEqual(Object.keys(providerSchema.shape));
    expect(provider.additionalProperties).toBe(false);
  });

  it('asks only for what has no default', () => {
    expect(published.required).toBeUndefined();
    expect(published.properties.clients.items.required).toEqual(['name', 'key']);
    expect(published.properties.providers.additionalProperties.properties.keys.items.required).toEqual(['key']);
    expect(published.properties.telegram.required).toEqual(['token']);
  });

  it('writes defaults as a person would', () => {
    const { limits, listen } = published.properties;
    expect(limits.properties.maxBody.default).toBe('100MB');
    expect(limits.properties.drain.default).toBe('30s');
    expect(listen.properties.port.default).toBe(8990);
  });
});

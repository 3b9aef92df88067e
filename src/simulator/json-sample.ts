/** Schemas refer to themselves; a sample has to stop somewhere. */
const DEEPEST = 8;

/** A value that satisfies the common part of JSON Schema (and Gemini's upper-case dialect of it). */
export function sampleOf(schema: unknown): unknown {
  return sample(schema, schema, 0);
}

function sample(schema: unknown, root: unknown, depth: number): unknown {
  if (!isRecord(schema) || depth > DEEPEST) return null;
  if (typeof schema.$ref === 'string') return sample(resolve(schema.$ref, root), root, depth + 1);
  if ('const' in schema) return schema.const;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  for (const choice of ['anyOf', 'oneOf', 'allOf']) {
    const options = schema[choice];
    if (Array.isArray(options)) return sample(options[0], root, depth + 1);
  }
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  switch (typeof type === 'string' ? type.toLowerCase() : undefined) {
    case 'string':
      return 'sample'.padEnd(typeof schema.minLength === 'number' ? schema.minLength : 0, '.');
    case 'number':
    case 'integer':
      return typeof schema.minimum === 'number' ? schema.minimum : 1;
    case 'boolean':
      return true;
    case 'array':
      return [sample(schema.items, root, depth + 1)];
    case 'null':
      return null;
    default:
      return sampleObject(schema, root, depth);
  }
}

function sampleObject(schema: Record<string, unknown>, root: unknown, depth: number): unknown {
  const properties = isRecord(schema.properties) ? schema.properties : {};
  return Object.fromEntries(
    Object.entries(properties).map(([name, property]) => [name, sample(property, root, depth + 1)]),
  );
}

/** `#/$defs/name` and the like. */
function resolve(reference: string, root: unknown): unknown {
  let at = root;
  for (const step of reference.split('/').slice(1)) at = isRecord(at) ? at[step] : undefined;
  return at;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

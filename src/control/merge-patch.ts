import { asInputObject, type InputObject, invalidField } from './input-problems.ts';

/** Deeper than any setting lies. */
const DEEPEST = 16;

/**
 * A JSON merge patch (RFC 7396): objects are merged member by member, null takes a member away, everything else
 * replaces what was there. Throws `invalid-input` for what is no object, or hides a prototype.
 */
export function mergePatch(target: InputObject, patch: unknown): InputObject {
  return merge(target, asInputObject(patch), []);
}

function merge(target: InputObject, patch: InputObject, path: readonly string[]): InputObject {
  const merged = new Map(Object.entries(target));
  for (const [name, value] of Object.entries(patch)) {
    const inner = [...path, name];
    if (name === '__proto__') throw invalidField(inner.join('.'), 'this name is never allowed');
    if (inner.length > DEEPEST) throw invalidField(inner.join('.'), `allowed: at most ${DEEPEST} levels`);
    if (value === null || value === undefined) merged.delete(name);
    else if (isObject(value)) {
      const before = merged.get(name);
      merged.set(name, merge(isObject(before) ? before : {}, value, inner));
    } else merged.set(name, value);
  }
  return Object.fromEntries(merged);
}

function isObject(value: unknown): value is InputObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

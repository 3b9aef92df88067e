export interface WindowWords {
  /** "requests/min" */
  readonly counts: string;
  /** The model or class of models it is for; null for all together. */
  readonly model: string | null;
}

/**
 * A window's name without what its row says already. Names are `org-a: requests/min` and `org-a, gpt-4o: requests/min`,
 * with the group or the key before the rest; `owners` are the names that would be said twice.
 */
export function windowWords(name: string, owners: readonly string[]): WindowWords {
  const owner = owners.find((candidate) => name.startsWith(`${candidate}: `) || name.startsWith(`${candidate}, `));
  const rest = owner === undefined ? name : name.slice(owner.length + 2);
  const colon = rest.lastIndexOf(': ');
  return colon === -1 ? { counts: rest, model: null } : { counts: rest.slice(colon + 2), model: rest.slice(0, colon) };
}

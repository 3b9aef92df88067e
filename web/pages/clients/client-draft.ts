import type { ClientView, NewClient } from '../../../src/admin/contract.ts';

/** A client as it is typed. A scope that is not limited lets it call everything, also what is added later. */
export interface ClientDraft {
  readonly name: string;
  readonly limitsProviders: boolean;
  readonly providers: readonly string[];
  readonly limitsGroups: boolean;
  readonly groups: readonly string[];
}

export const NEW_CLIENT: ClientDraft = {
  name: '',
  limitsProviders: false,
  providers: [],
  limitsGroups: false,
  groups: [],
};

export function draftClient({
  name,
  providers,
  groups,
}: Pick<ClientView, 'name' | 'providers' | 'groups'>): ClientDraft {
  return {
    name,
    limitsProviders: providers !== null,
    providers: providers ?? [],
    limitsGroups: groups !== null,
    groups: groups ?? [],
  };
}

/** What is sent when a client is created: a scope that is not limited is left out. */
export function newClientInput(draft: ClientDraft): NewClient {
  const { name, providers, groups } = clientInput(draft);
  return { name, ...(providers == null ? {} : { providers }), ...(groups == null ? {} : { groups }) };
}

/** All of it, with null for a scope that is not limited. */
export function clientInput(draft: ClientDraft): NewClient {
  return {
    name: draft.name.trim(),
    providers: draft.limitsProviders ? draft.providers : null,
    groups: draft.limitsGroups ? draft.groups : null,
  };
}

/** What differs from what is shown, as a merge patch. */
export function clientChange(
  draft: ClientDraft,
  shown: Pick<ClientView, 'name' | 'providers' | 'groups'>,
): Partial<NewClient> {
  const before: Readonly<Record<string, unknown>> = { ...clientInput(draftClient(shown)) };
  return Object.fromEntries(
    Object.entries(clientInput(draft)).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name]),
    ),
  );
}

export function clientProblems(draft: ClientDraft, takenNames: readonly string[]): Readonly<Record<string, string>> {
  const problems: Record<string, string> = {};
  const name = draft.name.trim();
  if (name === '') problems.name = 'Name the program or person that will call.';
  else if (!/^[\x21-\x7e](?:[\x20-\x7e]{0,62}[\x21-\x7e])?$/.test(name) || name in Object.prototype) {
    problems.name = '1 to 64 plain characters.';
  } else if (takenNames.includes(name)) problems.name = `There is a client called ${name} already.`;
  if (draft.limitsProviders && draft.providers.length === 0) problems.providers = 'Choose at least one provider.';
  if (draft.limitsGroups && draft.groups.length === 0) problems.groups = 'Choose at least one quota group.';
  return problems;
}

/** "openai and groq, from org-a" or "everything" */
export function sayScope({ providers, groups }: Pick<ClientView, 'providers' | 'groups'>): string {
  const where = providers === null ? 'everything' : listText(providers);
  return groups === null ? where : `${where}, from ${listText(groups)}`;
}

function listText(names: readonly string[]): string {
  if (names.length === 0) return 'nothing';
  return names.length === 1 ? `${names[0]}` : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

import type { Problems } from './provider-draft.ts';

/** `groups.org-a.limits[0].rpm` as the API writes it, with dots alone: `groups.org-a.limits.0.rpm`. */
export function dotted(problems: Problems): Problems {
  return Object.fromEntries(
    Object.entries(problems).map(([path, message]) => [path.replace(/\[(\d+)\]/g, '.$1'), message]),
  );
}

/** The API names quota groups by their name, the form by their place, for a name can be half typed or double. */
export function byGroupPlace(problems: Problems, groups: readonly { readonly name: string }[]): Problems {
  return Object.fromEntries(
    Object.entries(problems).map(([path, message]) => {
      const at = groups.findIndex(({ name }) => path === `groups.${name}` || path.startsWith(`groups.${name}.`));
      const group = groups[at];
      if (group === undefined) return [path, message];
      const rest = path.slice(`groups.${group.name}`.length);
      return [`groups.${at}${rest === '' ? '.name' : rest}`, message];
    }),
  );
}

/** What belongs to none of the fields that are shown has to be said elsewhere, or nobody would read it. */
export function unplaced(problems: Problems, isShown: (path: string) => boolean): readonly string[] {
  return Object.entries(problems).flatMap(([path, message]) =>
    isShown(path) ? [] : [path === '' ? message : `${path}: ${message}`],
  );
}

type Part = string | false | null | undefined;

/** Joins what is there; a condition reads `isOpen && 'bg-hover'`. */
export function classNames(...parts: readonly Part[]): string {
  return parts.filter(Boolean).join(' ');
}

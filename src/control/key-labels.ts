/** `key-1`, `key-2`, … by place where the operator gave no label, past any that the operator did give. */
export function keyLabels(keys: readonly { readonly label: string | null }[]): string[] {
  const taken = new Set(keys.map(({ label }) => label));
  return keys.map(({ label }, at) => {
    if (label !== null) return label;
    let name = `key-${at + 1}`;
    for (let suffix = 2; taken.has(name); suffix++) name = `key-${at + 1}.${suffix}`;
    taken.add(name);
    return name;
  });
}

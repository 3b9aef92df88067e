import type { KeyView } from '../../../../src/admin/contract.ts';
import { counted } from '../../../format/numbers.ts';

export interface SharedQuota {
  readonly group: string;
  readonly count: number;
  /** Found out from what the provider says, and not as it was configured. */
  readonly detected: boolean;
}

/** Quota groups with more than one key, the largest first. */
export function sharedQuotas(keys: readonly Pick<KeyView, 'meteredIn'>[]): readonly SharedQuota[] {
  const groups = new Map<string, SharedQuota>();
  for (const { meteredIn } of keys) {
    const known = groups.get(meteredIn.name);
    groups.set(meteredIn.name, {
      group: meteredIn.name,
      count: (known?.count ?? 0) + 1,
      detected: (known?.detected ?? false) || meteredIn.detected,
    });
  }
  return [...groups.values()].filter(({ count }) => count > 1).sort((left, right) => right.count - left.count);
}

export function saySharedQuota({ group, count, detected }: SharedQuota): string {
  const found = detected ? ', as the provider says itself' : '';
  return `These ${counted(count, 'key')} share one quota (${group})${found}: together they get no more through than one of them.`;
}

import { Link2 } from 'lucide-react';
import type { KeyView } from '../../../../src/admin/contract.ts';
import { Banner } from '../../../ui/banner.tsx';
import { Button } from '../../../ui/button.tsx';
import { saySharedQuota, sharedQuotas } from './shared-quotas.ts';

interface SharedQuotaNoteProps {
  readonly keys: readonly KeyView[];
  readonly onGroup: (group: string) => void;
}

/** The plain truth about keys that add nothing. */
export function SharedQuotaNote({ keys, onGroup }: SharedQuotaNoteProps) {
  const [largest, ...others] = sharedQuotas(keys);
  if (largest === undefined) return null;
  return (
    <Banner
      icon={<Link2 aria-hidden size={15} />}
      action={
        <Button size="small" kind="quiet" onClick={() => onGroup(largest.group)}>
          Show them
        </Button>
      }
    >
      {saySharedQuota(largest)}
      {others.length > 0 && ` So do those of ${others.length} other ${others.length === 1 ? 'group' : 'groups'}.`}
    </Banner>
  );
}

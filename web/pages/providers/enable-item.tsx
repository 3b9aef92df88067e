import { CircleOff, CirclePlay } from 'lucide-react';
import type { ProviderView } from '../../../src/admin/contract.ts';
import { MenuItem } from '../../ui/menu.tsx';
import type { ProviderActs } from './provider-acts.ts';

interface EnableItemProps {
  readonly provider: ProviderView;
  readonly acts: Pick<ProviderActs, 'setEnabled'>;
}

/** The one of the two that changes anything. */
export function EnableItem({ provider, acts }: EnableItemProps) {
  const Icon = provider.enabled ? CircleOff : CirclePlay;
  return (
    <MenuItem icon={<Icon aria-hidden size={14} />} onSelect={() => void acts.setEnabled(provider, !provider.enabled)}>
      {provider.enabled ? 'Disable' : 'Enable'}
    </MenuItem>
  );
}

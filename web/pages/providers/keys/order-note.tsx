import { ListOrdered } from 'lucide-react';
import type { ProviderView } from '../../../../src/admin/contract.ts';
import { Button } from '../../../ui/button.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { STRATEGIES } from '../provider-draft.ts';

interface OrderNoteProps {
  readonly provider: ProviderView;
  readonly count: number;
  readonly how: keyof typeof SAY_HOW;
}

const SAY_HOW = {
  rows: 'Drag a key, or press Alt with ↑ or ↓ on its row.',
  cards: 'Move a key by its menu.',
} as const;

/** What the order of the rows means under the strategy in force. */
export function OrderNote({ provider, count, how }: OrderNoteProps) {
  if (count < 2) return null;
  const { strategy } = provider.settings;
  const canMove = provider.origin === 'store';
  const says = STRATEGIES.find(({ name }) => name === strategy)?.says ?? '';
  return (
    <p className="flex items-center gap-1.5 text-xs text-muted">
      <ListOrdered aria-hidden size={13} className="shrink-0 text-faint" />
      {strategy === 'ordered' ? (
        <span>The order is the priority: the first key that has room is used. {canMove && SAY_HOW[how]}</span>
      ) : (
        <span>
          Strategy <strong className="font-medium text-ink">{strategy}</strong>: {says} The order of the rows does not
          matter{canMove ? '; move a key to use them in order.' : '.'}
        </span>
      )}
    </p>
  );
}

interface SwitchToOrderedProps {
  readonly provider: ProviderView;
  readonly open: boolean;
  readonly busy: boolean;
  readonly onClose: () => void;
  readonly onSwitch: () => void;
}

export function SwitchToOrdered({ provider, open, busy, onClose, onSwitch }: SwitchToOrderedProps) {
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Use keys in this order?"
      description={`${provider.name} chooses keys by strategy ${provider.settings.strategy} now, so their order means nothing. Under ordered, the first key that has room is used: the top ones are spent first, the others step in.`}
      footer={
        <>
          <Button onClick={onClose}>Leave as it is</Button>
          <Button kind="primary" busy={busy} onClick={onSwitch}>
            Use keys in this order
          </Button>
        </>
      }
    />
  );
}

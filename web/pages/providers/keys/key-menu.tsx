import {
  ArrowDown,
  ArrowDownToLine,
  ArrowUp,
  ArrowUpToLine,
  CircleOff,
  CirclePause,
  CirclePlay,
  Ellipsis,
  FlaskConical,
  Pencil,
  RotateCcw,
  Split,
  Trash2,
} from 'lucide-react';
import type { BulkAct, KeyView } from '../../../../src/admin/contract.ts';
import { IconButton } from '../../../ui/icon-button.tsx';
import { Menu, MenuItem, MenuSeparator } from '../../../ui/menu.tsx';
import type { MoveDirection } from './key-order.ts';
import type { RowActs } from './row-acts.ts';

interface KeyMenuProps {
  readonly keyView: KeyView;
  /** Why it cannot be moved; null when it can. */
  readonly fixed: string | null;
  readonly acts: Pick<RowActs, 'act' | 'move' | 'edit'>;
}

export function KeyMenu({ keyView, fixed, acts }: KeyMenuProps) {
  const onAct = (act: BulkAct) => acts.act(keyView, act);
  const { label, origin, enabled, state, meteredIn } = keyView;
  const isSetAside = !enabled || state.state === 'draining';
  const rests = state.state !== 'ready' && !isSetAside;
  return (
    <Menu
      label={`Acts on ${label}`}
      trigger={<IconButton size="small" label={`More for ${label}`} icon={<Ellipsis aria-hidden size={16} />} />}
    >
      <MenuItem icon={<Pencil aria-hidden size={14} />} onSelect={() => acts.edit(keyView)}>
        {origin === 'store' ? 'Edit' : 'Details'}
      </MenuItem>
      <MenuItem icon={<FlaskConical aria-hidden size={14} />} onSelect={() => onAct('validate')}>
        Test
      </MenuItem>
      {rests && (
        <MenuItem icon={<RotateCcw aria-hidden size={14} />} hint="Ends its rest now" onSelect={() => onAct('clear')}>
          Restore
        </MenuItem>
      )}
      <MenuSeparator />
      <MoveItems fixed={fixed} onMove={(direction) => acts.move(keyView, direction)} />
      <MenuSeparator />
      {isSetAside ? (
        <MenuItem icon={<CirclePlay aria-hidden size={14} />} onSelect={() => onAct('enable')}>
          Enable
        </MenuItem>
      ) : (
        <>
          <MenuItem icon={<CircleOff aria-hidden size={14} />} onSelect={() => onAct('disable')}>
            Disable
          </MenuItem>
          <MenuItem
            icon={<CirclePause aria-hidden size={14} />}
            hint="What runs may finish"
            onSelect={() => onAct('drain')}
          >
            Drain
          </MenuItem>
        </>
      )}
      {meteredIn.detected && meteredIn.sharedWithCount > 0 && (
        <MenuItem
          icon={<Split aria-hidden size={14} />}
          hint={`It was found to share with ${meteredIn.sharedWith[0] ?? 'others'}`}
          onSelect={() => onAct('part')}
        >
          Does not share this quota
        </MenuItem>
      )}
      <MenuSeparator />
      <MenuItem
        danger
        icon={<Trash2 aria-hidden size={14} />}
        disabled={origin !== 'store'}
        {...(origin === 'store' ? {} : { hint: 'Take it out of the configuration instead' })}
        onSelect={() => onAct('remove')}
      >
        Delete
      </MenuItem>
    </Menu>
  );
}

interface MoveItemsProps extends Pick<KeyMenuProps, 'fixed'> {
  readonly onMove: (direction: MoveDirection) => void;
}

function MoveItems({ fixed, onMove }: MoveItemsProps) {
  const isFixed = fixed !== null;
  return (
    <>
      <MenuItem
        icon={<ArrowUp aria-hidden size={14} />}
        shortcut="alt+up"
        disabled={isFixed}
        onSelect={() => onMove('up')}
      >
        Move up
      </MenuItem>
      <MenuItem
        icon={<ArrowDown aria-hidden size={14} />}
        shortcut="alt+down"
        disabled={isFixed}
        onSelect={() => onMove('down')}
      >
        Move down
      </MenuItem>
      <MenuItem icon={<ArrowUpToLine aria-hidden size={14} />} disabled={isFixed} onSelect={() => onMove('first')}>
        Use first
      </MenuItem>
      <MenuItem
        icon={<ArrowDownToLine aria-hidden size={14} />}
        disabled={isFixed}
        {...(isFixed ? { hint: fixed } : {})}
        onSelect={() => onMove('last')}
      >
        Use last
      </MenuItem>
    </>
  );
}

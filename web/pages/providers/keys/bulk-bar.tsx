import { CircleOff, CirclePause, CirclePlay, FlaskConical, RotateCcw, Trash2, X } from 'lucide-react';
import { useState } from 'react';
import type { BulkAct, KeyView } from '../../../../src/admin/contract.ts';
import { counted } from '../../../format/numbers.ts';
import { Button } from '../../../ui/button.tsx';
import { ConfirmDialog } from '../../../ui/dialog.tsx';
import { IconButton } from '../../../ui/icon-button.tsx';

interface BulkBarProps {
  readonly selected: readonly KeyView[];
  readonly onAct: (keys: readonly KeyView[], act: BulkAct) => Promise<void>;
  readonly onClear: () => void;
}

const ACTS: readonly { readonly act: BulkAct; readonly word: string; readonly Icon: typeof RotateCcw }[] = [
  { act: 'validate', word: 'Test', Icon: FlaskConical },
  { act: 'clear', word: 'Restore', Icon: RotateCcw },
  { act: 'enable', word: 'Enable', Icon: CirclePlay },
  { act: 'disable', word: 'Disable', Icon: CircleOff },
  { act: 'drain', word: 'Drain', Icon: CirclePause },
];

/** More than these are confirmed first, although they can be had back for a minute. */
const DELETED_UNASKED = 5;

/** Floats above the table for as long as rows are selected. */
export function BulkBar({ selected, onAct, onClear }: BulkBarProps) {
  const [busy, setBusy] = useState<BulkAct | null>(null);
  const [isAsking, setAsking] = useState(false);
  if (selected.length === 0) return null;
  const deletable = selected.filter(({ origin }) => origin === 'store');
  const act = async (keys: readonly KeyView[], wanted: BulkAct) => {
    setBusy(wanted);
    await onAct(keys, wanted);
    setBusy(null);
    if (wanted === 'remove') onClear();
  };
  const remove = () => (deletable.length > DELETED_UNASKED ? setAsking(true) : void act(deletable, 'remove'));
  return (
    <div className="sticky bottom-4 z-20 flex justify-center max-md:bottom-20">
      <div
        role="toolbar"
        aria-label={`Acts on ${counted(selected.length, 'selected key')}`}
        className="flex max-w-full animate-rise items-center gap-0.5 overflow-x-auto rounded-xl bg-raised p-1.5 pl-3 shadow-float"
      >
        <span className="pr-2 text-sm font-medium whitespace-nowrap">{selected.length} selected</span>
        {ACTS.map(({ act: wanted, word, Icon }) => (
          <Button
            key={wanted}
            kind="quiet"
            size="small"
            busy={busy === wanted}
            disabled={busy !== null}
            icon={<Icon aria-hidden size={14} />}
            onClick={() => void act(selected, wanted)}
          >
            {word}
          </Button>
        ))}
        <Button
          kind="quiet"
          size="small"
          className="text-rejected hover:text-rejected"
          disabled={deletable.length === 0 || busy !== null}
          icon={<Trash2 aria-hidden size={14} />}
          onClick={remove}
        >
          Delete
        </Button>
        <IconButton size="small" label="Clear the selection" icon={<X aria-hidden size={14} />} onClick={onClear} />
      </div>
      <ConfirmDialog
        open={isAsking}
        onClose={() => setAsking(false)}
        title={`Delete ${counted(deletable.length, 'key')}?`}
        description={`They take no more requests at once. You can undo it for a minute; then they are gone for good.${deletable.length < selected.length ? ` ${counted(selected.length - deletable.length, 'key')} of the configuration file stay.` : ''}`}
        act={`Delete ${counted(deletable.length, 'key')}`}
        onConfirm={() => {
          setAsking(false);
          void act(deletable, 'remove');
        }}
      />
    </div>
  );
}

import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import type { ChangedField } from './changed-fields.ts';

interface ConflictDialogProps {
  /** What was edited: "openai". */
  readonly what: string;
  /** Null while there is no conflict. */
  readonly changes: readonly ChangedField[] | null;
  readonly busy: boolean;
  /** Gives up what was typed here. */
  readonly onReload: () => void;
  /** Saves what was typed here over what the other made. */
  readonly onApply: () => void;
  readonly onClose: () => void;
}

/** Two people edited the same thing: the second is told what the first did, and decides. */
export function ConflictDialog({ what, changes, busy, onReload, onApply, onClose }: ConflictDialogProps) {
  return (
    <Dialog
      open={changes !== null}
      onClose={onClose}
      width="wide"
      title={`Somebody changed ${what} meanwhile`}
      description="Nothing of yours was saved yet, and nothing of it is lost."
      footer={
        <>
          <Button onClick={onReload}>Take theirs</Button>
          <Button kind="primary" busy={busy} onClick={onApply}>
            Apply mine again
          </Button>
        </>
      }
    >
      {changes?.length === 0 ? (
        <p className="text-sm text-muted">Only what is not edited here was changed. You can apply yours again.</p>
      ) : (
        <table className="w-full text-left text-sm">
          <thead className="text-xs text-faint">
            <tr className="border-b border-line">
              <th className="py-1.5 pr-3 font-normal">Setting</th>
              <th className="py-1.5 pr-3 font-normal">It was</th>
              <th className="py-1.5 pr-3 font-normal">Theirs</th>
              <th className="py-1.5 font-normal">Yours</th>
            </tr>
          </thead>
          <tbody>
            {changes?.map(({ path, was, theirs, mine }) => (
              <tr key={path} className="border-b border-line align-top">
                <th scope="row" className="py-2 pr-3 font-medium break-words">
                  {path}
                </th>
                <td className="py-2 pr-3 break-words text-muted">{was}</td>
                <td className="py-2 pr-3 break-words">{theirs}</td>
                <td className="py-2 break-words">{mine ?? <span className="text-faint">not edited</span>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Dialog>
  );
}

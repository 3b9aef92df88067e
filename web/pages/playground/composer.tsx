import { ArrowUp, Square } from 'lucide-react';
import { type FormEvent, type KeyboardEvent, useState } from 'react';
import { useShortcut } from '../../shell/shortcuts.ts';
import { Button } from '../../ui/button.tsx';

interface ComposerProps {
  readonly streaming: boolean;
  readonly onSend: (text: string) => void;
  readonly onStop: () => void;
}

/** Enter sends, Shift Enter breaks the line, Escape stops. What is typed stays if it cannot be sent yet. */
export function Composer({ streaming, onSend, onStop }: ComposerProps) {
  const [text, setText] = useState('');
  useShortcut({ keys: 'escape', what: 'Stop the answer', where: 'Playground' }, onStop);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (streaming || text.trim() === '') return;
    onSend(text.trim());
    setText('');
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') onStop();
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) submit(event);
  };
  return (
    <form
      onSubmit={submit}
      className="flex items-end gap-2 rounded-xl border border-line-strong bg-surface p-2 focus-within:border-accent"
    >
      <textarea
        aria-label="Message"
        rows={Math.min(8, text.split('\n').length)}
        placeholder="Say something…"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
        className="min-h-8 flex-1 resize-none bg-transparent px-2 py-1.5 text-base outline-none pointer-coarse:text-lg"
      />
      {streaming ? (
        <Button icon={<Square aria-hidden size={12} fill="currentColor" />} onClick={onStop}>
          Stop
        </Button>
      ) : (
        <Button type="submit" kind="primary" icon={<ArrowUp aria-hidden size={14} />} disabled={text.trim() === ''}>
          Send
        </Button>
      )}
    </form>
  );
}

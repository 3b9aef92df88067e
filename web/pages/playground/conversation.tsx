import { CircleAlert, Route } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { Button } from '../../ui/button.tsx';
import { classNames } from '../../ui/class-names.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import type { Message } from './use-chat.ts';

interface ConversationProps {
  readonly messages: readonly Message[];
  /** The answer whose story is shown beside. */
  readonly selected: number | null;
  readonly onSelect: (id: number) => void;
}

export function ConversationView({ messages, selected, onSelect }: ConversationProps) {
  const end = useRef<HTMLDivElement>(null);
  const length = messages.reduce((sum, { text }) => sum + text.length, messages.length);
  useEffect(() => {
    if (length > 0) end.current?.scrollIntoView({ block: 'nearest' });
  }, [length]);
  return (
    <>
      <ol aria-label="Conversation" className="flex flex-col gap-6">
        {messages.map((message) =>
          message.role === 'user' ? (
            <li
              key={message.id}
              className="max-w-[85%] self-end rounded-xl bg-sunken px-4 py-2.5 text-base whitespace-pre-wrap break-words"
            >
              {message.text}
            </li>
          ) : (
            <Answer
              key={message.id}
              message={message}
              selected={message.id === selected}
              onSelect={() => onSelect(message.id)}
            />
          ),
        )}
      </ol>
      <div ref={end} />
    </>
  );
}

interface AnswerProps {
  readonly message: Message;
  readonly selected: boolean;
  readonly onSelect: () => void;
}

function Answer({ message, selected, onSelect }: AnswerProps) {
  const { text, status, problem } = message;
  return (
    <li className="flex flex-col gap-2" aria-busy={status === 'streaming'}>
      <div aria-live="polite" className="text-base whitespace-pre-wrap break-words">
        {text}
        {status === 'streaming' && (
          <span
            aria-hidden
            className="ml-0.5 inline-block h-4 w-1.5 animate-breathe rounded-xs bg-accent align-[-2px]"
          />
        )}
      </div>
      {status === 'stopped' && <p className="text-xs text-faint">You stopped it here.</p>}
      {problem !== null && (
        <p role="alert" className="flex gap-2 text-sm text-rejected">
          <CircleAlert aria-hidden size={16} className="mt-0.5 shrink-0" />
          <span className="min-w-0 break-words">{problem}</span>
        </p>
      )}
      {status !== 'streaming' && (
        <div className="-ml-2 flex items-center gap-1">
          <Button
            kind="quiet"
            size="small"
            icon={<Route aria-hidden size={14} />}
            aria-pressed={selected}
            onClick={onSelect}
            className={classNames(selected && 'text-ink')}
          >
            How it was served
          </Button>
          {text !== '' && <CopyButton text={text} what="answer" />}
        </div>
      )}
    </li>
  );
}

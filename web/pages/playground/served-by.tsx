import { Route } from 'lucide-react';
import { useExchange } from '../../api/queries.ts';
import { summariseStory } from '../../story/story.ts';
import { StoryTimeline } from '../../story/story-timeline.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { ErrorState } from '../../ui/empty-state.tsx';
import { Loading } from '../../ui/loading.tsx';
import type { Message } from './use-chat.ts';

/** Beside the conversation: which key served an answer, after what wait, in which attempts, and why. */
export function ServedBy({ answer }: { readonly answer: Message | null }) {
  return (
    <section aria-labelledby="served-by" className="flex flex-col gap-4">
      <div className="flex h-8 items-center justify-between">
        <h2 id="served-by" className="text-sm font-semibold">
          How it was served
        </h2>
        {answer?.requestId != null && (
          <span className="flex items-center gap-1 font-mono text-xs text-faint">
            {answer.requestId.slice(0, 8)}
            <CopyButton text={answer.requestId} what="request id" />
          </span>
        )}
      </div>
      <Told answer={answer} />
    </section>
  );
}

function Told({ answer }: { readonly answer: Message | null }) {
  if (answer === null) {
    return (
      <p className="flex gap-2.5 text-sm text-muted">
        <Route aria-hidden size={16} className="mt-0.5 shrink-0 text-faint" />
        The key that answers, how long it waited for room, and why the pool chose it appear here with the first answer.
      </p>
    );
  }
  if (answer.status === 'streaming') return <p className="animate-breathe text-sm text-muted">The answer is coming…</p>;
  if (answer.requestId === null) return <p className="text-sm text-muted">The request did not reach rotato.</p>;
  return <Story id={answer.requestId} />;
}

function Story({ id }: { readonly id: string }) {
  const exchange = useExchange(id);
  if (exchange.isPending) return <Loading label="Reading its story" />;
  if (exchange.isError) return <ErrorState title="Its story could not be read" error={exchange.error} />;
  return (
    <div className="flex flex-col gap-4">
      <p role="status" className="text-sm text-muted">
        {summariseStory(exchange.data)}
      </p>
      <StoryTimeline exchange={exchange.data} />
    </div>
  );
}

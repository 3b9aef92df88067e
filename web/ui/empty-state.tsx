import { CircleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { sayProblem } from '../api/problem.ts';
import { Button } from './button.tsx';

interface EmptyStateProps {
  readonly icon?: ReactNode;
  readonly title: string;
  /** What will be here. */
  readonly children: ReactNode;
  /** The act that fills it. */
  readonly action?: ReactNode;
  /** It is all there is on the page, so its title is that of the page. */
  readonly alone?: boolean;
}

export function EmptyState({ icon, title, children, action, alone = false }: EmptyStateProps) {
  const Heading = alone ? 'h1' : 'h2';
  return (
    <div className="flex flex-col items-center gap-3 px-6 py-12 text-center">
      {icon !== undefined && (
        <span className="flex size-10 items-center justify-center rounded-lg bg-sunken text-faint">{icon}</span>
      )}
      <div className="flex max-w-96 flex-col gap-1">
        <Heading className="text-base font-semibold">{title}</Heading>
        <p className="text-sm text-muted">{children}</p>
      </div>
      {action}
    </div>
  );
}

interface ErrorStateProps {
  /** What failed: "The keys could not be read." */
  readonly title: string;
  readonly error: unknown;
  /** What still works. */
  readonly stillWorks?: string;
  readonly onRetry?: () => void;
}

export function ErrorState({ title, error, stillWorks, onRetry }: ErrorStateProps) {
  return (
    <div role="alert" className="flex flex-col items-center gap-3 px-6 py-12 text-center">
      <span className="flex size-10 items-center justify-center rounded-lg bg-rejected-soft text-rejected">
        <CircleAlert aria-hidden size={20} />
      </span>
      <div className="flex max-w-[440px] flex-col gap-1">
        <h2 className="text-base font-semibold">{title}</h2>
        <p className="text-sm text-muted">{sayProblem(error)}</p>
        {stillWorks !== undefined && <p className="text-sm text-muted">{stillWorks}</p>}
      </div>
      {onRetry !== undefined && <Button onClick={onRetry}>Try again</Button>}
    </div>
  );
}

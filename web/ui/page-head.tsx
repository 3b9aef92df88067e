import type { ReactNode } from 'react';

interface PageHeadProps {
  readonly title: ReactNode;
  /** Above the title: the way up. */
  readonly above?: ReactNode;
  /** Beside the title: badges. */
  readonly marks?: ReactNode;
  readonly description?: ReactNode;
  /** The acts of the page, the chief one last. */
  readonly acts?: ReactNode;
}

export function PageHead({ title, above, marks, description, acts }: PageHeadProps) {
  return (
    <header className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
      <div className="flex min-w-0 flex-col gap-1">
        {above}
        <div className="flex flex-wrap items-center gap-2">
          <h1 className="text-xl font-semibold tracking-tight break-words">{title}</h1>
          {marks}
        </div>
        {description !== undefined && <div className="max-w-[640px] text-sm text-muted">{description}</div>}
      </div>
      {acts !== undefined && <div className="flex flex-wrap items-center gap-2">{acts}</div>}
    </header>
  );
}

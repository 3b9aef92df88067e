import type { ReactNode } from 'react';

interface FormSectionProps {
  readonly title: string;
  readonly says: ReactNode;
  readonly children: ReactNode;
  readonly id?: string;
}

/** What a group of fields is about stands beside it, and above it where there is no room. */
export function FormSection({ title, says, children, id }: FormSectionProps) {
  return (
    <section
      id={id}
      aria-label={title}
      className="grid scroll-mt-6 gap-x-10 gap-y-4 border-t border-line py-6 first:border-t-0 first:pt-0 lg:grid-cols-[240px_minmax(0,1fr)]"
    >
      <div className="flex flex-col gap-1">
        <h2 className="text-base font-semibold">{title}</h2>
        <p className="text-xs text-muted">{says}</p>
      </div>
      <div className="flex min-w-0 flex-col gap-4">{children}</div>
    </section>
  );
}

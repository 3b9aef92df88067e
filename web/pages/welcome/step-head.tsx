/** The heading of a step. */
export function StepHead({ title, children }: { readonly title: string; readonly children: string }) {
  return (
    <header className="flex flex-col gap-1.5">
      <h1 className="text-2xl font-semibold tracking-tight">{title}</h1>
      <p className="text-base text-muted">{children}</p>
    </header>
  );
}

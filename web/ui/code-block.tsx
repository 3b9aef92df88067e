import { CopyButton } from './copy-button.tsx';

interface CodeBlockProps {
  readonly code: string;
  /** What is copied: "curl command". */
  readonly what: string;
}

/** Text to be pasted elsewhere, whole; long lines scroll rather than wrap, so that it looks as it will there. */
export function CodeBlock({ code, what }: CodeBlockProps) {
  return (
    <div className="relative overflow-hidden rounded-lg border border-line bg-sunken">
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be within reach of a keyboard.
        tabIndex={0}
        className="overflow-x-auto py-3 pr-12 pl-4 font-mono text-xs leading-5 focus-visible:-outline-offset-2"
      >
        <code>{code}</code>
      </pre>
      <div className="absolute top-2 right-2 rounded-md bg-sunken">
        <CopyButton text={code} what={what} />
      </div>
    </div>
  );
}

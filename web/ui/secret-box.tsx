import { CopyButton } from './copy-button.tsx';

interface SecretBoxProps {
  readonly secret: string;
  /** "client key" */
  readonly what: string;
}

/** A secret at the one moment it can be seen. */
export function SecretBox({ secret, what }: SecretBoxProps) {
  return (
    <div className="flex flex-wrap items-center gap-3 rounded-lg border border-accent bg-accent-soft p-3">
      <code aria-label={what} className="min-w-0 flex-1 basis-60 font-mono text-sm break-all select-all">
        {secret}
      </code>
      <CopyButton text={secret} what={what} worded kind="primary" />
    </div>
  );
}

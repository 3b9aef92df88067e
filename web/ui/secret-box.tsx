import { CopyButton } from './copy-button.tsx';
import { TextInput } from './field.tsx';

interface SecretBoxProps {
  readonly secret: string;
  /** "Client key" */
  readonly what: string;
}

/** A secret at the one moment it can be seen. */
export function SecretBox({ secret, what }: SecretBoxProps) {
  return (
    <div className="flex flex-wrap items-center gap-2 rounded-lg border border-accent bg-accent-soft p-3">
      <TextInput
        readOnly
        aria-label={what}
        value={secret}
        onFocus={(event) => event.currentTarget.select()}
        className="min-w-0 flex-1 basis-60 font-mono text-xs"
      />
      <CopyButton text={secret} what={what.toLowerCase()} worded kind="primary" />
    </div>
  );
}

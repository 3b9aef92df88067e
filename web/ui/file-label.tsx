import { FileUp } from 'lucide-react';
import { type ReactNode, useId } from 'react';
import { classNames } from './class-names.ts';

interface FileLabelProps {
  readonly children: ReactNode;
  /** As of an input: ".json,application/json". */
  readonly accept: string;
  readonly onFile: (file: File) => void;
  readonly className: string;
  readonly iconSize: number;
}

/** Looks like what its class says, and is the input of the browser. The same file can be chosen twice in a row. */
export function FileLabel({ children, accept, onFile, className, iconSize }: FileLabelProps) {
  const id = useId();
  return (
    <label htmlFor={id} className={classNames(className, 'focus-within:outline-2 focus-within:outline-accent')}>
      <FileUp aria-hidden size={iconSize} />
      {children}
      <input
        id={id}
        type="file"
        accept={accept}
        className="sr-only"
        onChange={(event) => {
          const file = event.target.files?.[0];
          if (file !== undefined) onFile(file);
          event.target.value = '';
        }}
      />
    </label>
  );
}

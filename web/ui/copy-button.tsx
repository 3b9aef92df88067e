import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button } from './button.tsx';
import { IconButton } from './icon-button.tsx';

const CONFIRMED_FOR_MS = 1_600;

interface CopyButtonProps {
  readonly text: string;
  /** What is copied: "base URL". */
  readonly what: string;
  /** With the word "Copy" beside the icon. */
  readonly worded?: boolean;
  readonly kind?: 'primary' | 'secondary' | 'quiet';
}

/** Confirms in place: the icon becomes a tick, the word "Copied". */
export function CopyButton({ text, what, worded = false, kind = 'secondary' }: CopyButtonProps) {
  const [said, setSaid] = useState<'idle' | 'copied' | 'failed'>('idle');
  useEffect(() => {
    if (said === 'idle') return;
    const timer = setTimeout(() => setSaid('idle'), CONFIRMED_FOR_MS);
    return () => clearTimeout(timer);
  }, [said]);

  const copy = () =>
    void writeClipboard(text).then(
      () => setSaid('copied'),
      () => setSaid('failed'),
    );
  const icon =
    said === 'copied' ? <Check aria-hidden size={14} className="text-ready" /> : <Copy aria-hidden size={14} />;
  const word = said === 'copied' ? 'Copied' : said === 'failed' ? 'Select and copy' : 'Copy';
  return (
    <>
      {worded ? (
        <Button kind={kind} icon={icon} onClick={copy} aria-label={`Copy ${what}`}>
          {word}
        </Button>
      ) : (
        <IconButton size="small" label={said === 'idle' ? `Copy ${what}` : word} icon={icon} onClick={copy} />
      )}
      <span role="status" className="sr-only">
        {said === 'copied' ? `Copied ${what}` : said === 'failed' ? 'The browser did not allow it.' : ''}
      </span>
    </>
  );
}

/** The clipboard is closed to pages that came by plain http from elsewhere than this machine. */
async function writeClipboard(text: string): Promise<void> {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(text);
  const area = document.createElement('textarea');
  area.value = text;
  area.setAttribute('readonly', '');
  area.className = 'sr-only';
  document.body.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  if (!done) throw new Error('not allowed');
}

import { FileText, SquareTerminal } from 'lucide-react';
import type { ReactNode } from 'react';
import type { ProviderView } from '../../src/admin/contract.ts';
import { Badge } from './badge.tsx';
import { Tooltip } from './tooltip.tsx';

interface OriginBadgeProps {
  readonly origin: ProviderView['origin'];
  /** Stored, but the file has something of the same name. */
  readonly shadowed?: boolean;
}

/** Who owns an entry, where that is not the panel. Nothing for what is edited here. */
export function OriginBadge({ origin, shadowed = false }: OriginBadgeProps) {
  if (shadowed) {
    return (
      <Mark tip="The configuration file has one of the same name, which is in force. This one is kept, and comes back when the file's is gone or this one is renamed.">
        <Badge tone="resting" icon={<FileText aria-hidden size={12} />}>
          Shadowed
        </Badge>
      </Mark>
    );
  }
  if (origin === 'store') return null;
  return origin === 'file' ? (
    <Mark tip="It stands in the configuration file, and is edited there. Disable, drain, restore and test work here too.">
      <Badge icon={<FileText aria-hidden size={12} />}>File</Badge>
    </Mark>
  ) : (
    <Mark tip="It comes from the environment, and is changed there. Disable, drain, restore and test work here too.">
      <Badge icon={<SquareTerminal aria-hidden size={12} />}>Environment</Badge>
    </Mark>
  );
}

function Mark({ tip, children }: { readonly tip: string; readonly children: ReactNode }) {
  return (
    <Tooltip content={tip}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what it means must be within reach of a keyboard. */}
      <span tabIndex={0} className="inline-flex rounded-sm">
        {children}
      </span>
    </Tooltip>
  );
}

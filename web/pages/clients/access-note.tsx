import { LockKeyhole, LockOpen } from 'lucide-react';
import { Link } from 'wouter';
import type { SettingsView } from '../../../src/admin/contract.ts';
import { useSettings } from '../../api/queries.ts';
import { Banner } from '../../ui/banner.tsx';

/** Whether callers need a client key, and what decides it. */
export function AccessNote() {
  const { data: settings } = useSettings();
  if (settings === undefined) return null;
  const decided = settings.settings.find(({ name }) => name === 'access');
  return settings.access === 'open' ? (
    <Banner tone="resting" icon={<LockOpen aria-hidden size={15} />}>
      <strong className="font-medium">Open:</strong> every program on this machine may call, whatever key it sends.
      Creating the first client closes it: from then on callers have to present a client key.
    </Banner>
  ) : (
    <Banner icon={<LockKeyhole aria-hidden size={15} />}>
      <strong className="font-medium">Client keys needed:</strong> a call without one of these gets 401.{' '}
      {sayWhy(decided)}
    </Banner>
  );
}

function sayWhy(decided: SettingsView['settings'][number] | undefined) {
  if (decided !== undefined && !decided.editable) return `Decided by ${decided.source.detail}.`;
  return (
    <>
      Removing clients does not open it again; that is done in{' '}
      <Link href="/settings#access" className="text-accent underline underline-offset-2">
        Settings
      </Link>
      .
    </>
  );
}

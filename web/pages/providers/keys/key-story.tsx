import type { ReactNode } from 'react';
import type { KeyView } from '../../../../src/admin/contract.ts';
import { instantText } from '../../../format/instants.ts';
import { numberText } from '../../../format/numbers.ts';
import { QuotaBars } from '../../../quota-bar/quota-bars.tsx';
import { serverNow } from '../../../time/server-clock.ts';
import { STATE_WAYS_BACK } from '../../../ui/key-state.ts';
import { RelativeTime } from '../../../ui/relative-time.tsx';
import { StateBadge } from '../../../ui/state-badge.tsx';

const SAID: Readonly<Record<NonNullable<KeyView['validity']>['said'], string>> = {
  valid: 'valid',
  exhausted: 'genuine, without quota',
  invalid: 'refused by the provider',
  unknown: 'the provider did not say',
};

/** What a key is doing and why, and how it comes back. */
export function KeyStory({ keyView }: { readonly keyView: KeyView }) {
  const { state, meteredIn, validity } = keyView;
  return (
    <section aria-label="What it is doing" className="flex flex-col gap-4">
      <div className="flex flex-col gap-1.5">
        <div>
          <StateBadge state={state} />
        </div>
        <p className="text-sm">
          {state.reason ?? STATE_WAYS_BACK[state.state]}
          {state.until !== null && state.state !== 'ready' && (
            <span className="text-muted"> Back at {instantText(state.until, serverNow())}.</span>
          )}
        </p>
        {state.reason !== null && <p className="text-xs text-muted">{STATE_WAYS_BACK[state.state]}</p>}
      </div>
      <QuotaBars windows={keyView.windows} size="large" state={state.state} />
      <dl className="grid grid-cols-2 gap-x-6 gap-y-2 text-sm sm:grid-cols-3">
        <Fact name="Requests">{numberText(keyView.requests)}</Fact>
        <Fact name="Refused">{numberText(keyView.refusals)}</Fact>
        <Fact name="Running now">{numberText(keyView.running)}</Fact>
        <Fact name="Last used">
          <RelativeTime at={keyView.lastUsedAt} />
        </Fact>
        <Fact name="Last success">
          <RelativeTime at={keyView.lastSuccessAt} />
        </Fact>
        <Fact name="Tested">
          {validity === null ? (
            <span className="text-faint">never</span>
          ) : (
            <>
              {SAID[validity.said]}, <RelativeTime at={validity.at} />
            </>
          )}
        </Fact>
      </dl>
      {meteredIn.sharedWithCount > 0 && (
        <p className="text-xs text-muted">
          It spends one quota ({meteredIn.name}) with {meteredIn.sharedWith.join(', ')}
          {meteredIn.sharedWithCount > meteredIn.sharedWith.length &&
            ` and ${meteredIn.sharedWithCount - meteredIn.sharedWith.length} more`}
          {meteredIn.detected && ', as the provider says itself'}.
        </p>
      )}
    </section>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className="flex flex-col">
      <dt className="text-xs text-faint">{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

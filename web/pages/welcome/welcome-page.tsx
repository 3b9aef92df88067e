import { useEffect } from 'react';
import { Link, useSearchParams } from 'wouter';
import { useProviders } from '../../api/queries.ts';
import { Wordmark } from '../../shell/wordmark.tsx';
import { classNames } from '../../ui/class-names.ts';
import { Loading } from '../../ui/loading.tsx';
import { CallStep } from './call-step.tsx';
import { KeysStep } from './keys-step.tsx';
import { ProviderStep } from './provider-step.tsx';

const STEPS = ['Choose a provider', 'Add its keys', 'Make a call'] as const;

/** From nothing to a working provider. Which step it is stands in the URL, so that a reload loses nothing. */
export function WelcomePage() {
  const [query, setQuery] = useSearchParams();
  const providers = useProviders();
  const name = query.get('provider');
  const provider = providers.data?.find((one) => one.name === name && one.restorableUntil === null) ?? null;
  const step = provider === null ? 0 : query.get('step') === 'call' ? 2 : 1;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each step begins at its top.
  useEffect(() => {
    scrollTo({ top: 0 });
  }, [step]);
  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-[640px] flex-col gap-8 px-5 pt-12 pb-16 sm:pt-[9dvh]">
      <title>Welcome · rotato</title>
      <div className="flex items-center justify-between">
        <Wordmark size="large" />
        <Link href="/providers" className="rounded-sm text-xs text-faint hover:text-ink">
          Skip
        </Link>
      </div>
      <Progress step={step} />
      {name !== null && providers.isPending ? (
        <Loading />
      ) : provider === null ? (
        <ProviderStep
          chosen={query.get('preset')}
          onChoose={(preset) => setQuery(preset === null ? {} : { preset })}
          onMade={(made) => setQuery({ provider: made.name })}
        />
      ) : step === 1 ? (
        <KeysStep
          provider={provider}
          onBack={() => setQuery({})}
          onDone={() => setQuery({ provider: provider.name, step: 'call' })}
        />
      ) : (
        <CallStep provider={provider} />
      )}
    </main>
  );
}

function Progress({ step }: { readonly step: number }) {
  return (
    <ol aria-label="Steps" className="grid grid-cols-3 gap-2">
      {STEPS.map((title, place) => (
        <li
          key={title}
          aria-current={place === step ? 'step' : undefined}
          className={classNames('flex flex-col gap-2 text-xs', place === step ? 'font-medium text-ink' : 'text-faint')}
        >
          <span aria-hidden className="h-1 overflow-hidden rounded-full bg-track">
            <span
              className={classNames(
                'block h-full rounded-full bg-accent transition-[width] duration-500 ease-glide',
                place < step ? 'w-full' : place === step ? 'w-1/2' : 'w-0',
              )}
            />
          </span>
          {place + 1}. {title}
        </li>
      ))}
    </ol>
  );
}

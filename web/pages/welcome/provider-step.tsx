import { useMutation, useQueryClient } from '@tanstack/react-query';
import { ArrowLeft } from 'lucide-react';
import { useId, useState } from 'react';
import type { PresetView, ProviderView } from '../../../src/admin/contract.ts';
import { call } from '../../api/client.ts';
import { sayProblem } from '../../api/problem.ts';
import { usePresets, useProviders } from '../../api/queries.ts';
import { Banner } from '../../ui/banner.tsx';
import { Button } from '../../ui/button.tsx';
import { ErrorState } from '../../ui/empty-state.tsx';
import { Loading } from '../../ui/loading.tsx';
import { CreateForm, PresetGrid } from '../providers/create-provider.tsx';
import { refreshProviders } from '../providers/provider-acts.ts';
import { freeName } from '../providers/provider-draft.ts';
import { StepHead } from './step-head.tsx';

interface ProviderStepProps {
  /** A preset that needs more than its name, or `custom`; null for the grid. */
  readonly chosen: string | null;
  readonly onChoose: (preset: string | null) => void;
  readonly onMade: (provider: ProviderView) => void;
}

export function ProviderStep({ chosen, onChoose, onMade }: ProviderStepProps) {
  const presets = usePresets();
  const taken = (useProviders().data ?? []).map(({ name }) => name);
  const cache = useQueryClient();
  const create = useMutation({
    mutationFn: (name: string) => call('POST /providers', { body: { name: freeName(name, taken), preset: name } }),
    onSuccess: async (made) => {
      await refreshProviders(cache);
      onMade(made);
    },
  });
  const choose = (name: string) => {
    const preset = presets.data?.find((one) => one.name === name);
    // What rotato knows whole is made at one press; the rest has to be asked for.
    if (preset?.baseUrl == null) onChoose(name);
    else create.mutate(name);
  };
  if (presets.isPending) return <Loading />;
  if (presets.isError) {
    return (
      <ErrorState title="The vendors could not be read" error={presets.error} onRetry={() => void presets.refetch()} />
    );
  }
  const preset = presets.data.find(({ name }) => name === chosen) ?? null;
  if (chosen !== null) {
    return <ByHand preset={preset} taken={taken} onBack={() => onChoose(null)} onMade={onMade} />;
  }
  return (
    <>
      <StepHead title="Whose API do you want to call?">
        rotato stands between your code and it, and spends the quota of all your keys as one.
      </StepHead>
      {create.isError && (
        <Banner tone="rejected" urgent>
          {sayProblem(create.error)}
        </Banner>
      )}
      <PresetGrid presets={presets.data} onChoose={choose} />
    </>
  );
}

interface ByHandProps {
  readonly preset: PresetView | null;
  readonly taken: readonly string[];
  readonly onBack: () => void;
  readonly onMade: (provider: ProviderView) => void;
}

function ByHand({ preset, taken, onBack, onMade }: ByHandProps) {
  const formId = useId();
  const [busy, setBusy] = useState(false);
  return (
    <>
      <StepHead title={preset?.title ?? 'Another provider'}>
        Any API that speaks as OpenAI, Anthropic or Google Gemini do.
      </StepHead>
      <CreateForm id={formId} preset={preset} taken={taken} onBusy={setBusy} onMade={onMade} />
      <div className="flex justify-between">
        <Button kind="quiet" icon={<ArrowLeft aria-hidden size={14} />} onClick={onBack}>
          All providers
        </Button>
        <Button kind="primary" type="submit" form={formId} busy={busy}>
          Continue
        </Button>
      </div>
    </>
  );
}

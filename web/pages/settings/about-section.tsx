import type { SettingsView } from '../../../src/admin/contract.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { FormSection } from '../../ui/form-section.tsx';

export function AboutSection({ settings }: { readonly settings: SettingsView }) {
  return (
    <FormSection id="about" title="About" says="This rotato and where it keeps things.">
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] items-center gap-x-6 gap-y-2 text-sm">
        <Fact name="Version" value={settings.version} />
        <Fact name="Data directory" value={settings.dataDir} />
        <Fact name="Configuration file" value={settings.configFile} />
      </dl>
    </FormSection>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string | null }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="flex min-w-0 items-center gap-1">
        {value === null ? (
          <span className="text-faint">none</span>
        ) : (
          <>
            <code className="min-w-0 font-mono text-xs break-all">{value}</code>
            <CopyButton text={value} what={name.toLowerCase()} />
          </>
        )}
      </dd>
    </>
  );
}

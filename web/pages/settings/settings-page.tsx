import { TriangleAlert } from 'lucide-react';
import { useEffect } from 'react';
import type { SettingsView } from '../../../src/admin/contract.ts';
import { useSettings } from '../../api/queries.ts';
import { Banner } from '../../ui/banner.tsx';
import { ErrorState } from '../../ui/empty-state.tsx';
import { FormSection } from '../../ui/form-section.tsx';
import { Loading } from '../../ui/loading.tsx';
import { PageHead } from '../../ui/page-head.tsx';
import { AboutSection } from './about-section.tsx';
import { AccessSection } from './access-section.tsx';
import { BackupSection } from './backup-section.tsx';
import { PasswordSection } from './password-section.tsx';
import { ProviderDefaultsSection } from './provider-defaults-section.tsx';
import { sectionsOf } from './setting-catalog.ts';
import { SettingRow } from './setting-row.tsx';
import { ThemeSection } from './theme-section.tsx';
import { TokenSection } from './token-section.tsx';

/** Each section has a place in the URL: `#access`. */
export function SettingsPage() {
  const { data: settings, error, refetch } = useSettings();
  return (
    <div className="flex flex-col gap-7">
      <title>Settings · rotato</title>
      <PageHead
        title="Settings"
        description="What is changed here is in force at once. A flag, the environment or the configuration file comes first; each setting says what decides it."
      />
      {settings === undefined ? (
        error === null ? (
          <Loading label="Reading the settings" lines={6} />
        ) : (
          <ErrorState title="The settings could not be read." error={error} onRetry={() => void refetch()} />
        )
      ) : (
        <AllSettings settings={settings} />
      )}
    </div>
  );
}

function AllSettings({ settings }: { readonly settings: SettingsView }) {
  useEffect(() => {
    if (location.hash !== '') document.querySelector(location.hash)?.scrollIntoView();
  }, []);
  return (
    <div className="flex max-w-[920px] flex-col">
      {settings.warnings.length > 0 && (
        <div className="pb-6">
          <Banner tone="resting" icon={<TriangleAlert aria-hidden size={15} />}>
            {settings.warnings.map((warning) => (
              <p key={warning}>{warning}</p>
            ))}
          </Banner>
        </div>
      )}
      <ThemeSection />
      <AccessSection settings={settings} />
      {sectionsOf(settings.settings).map(({ id, title, says, settings: own }) => (
        <FormSection key={id} id={id} title={title} says={says}>
          <div className="grid gap-x-6 gap-y-5 sm:grid-cols-2">
            {own.map((setting) => (
              <SettingRow key={setting.name} setting={setting} storedVersion={settings.storedVersion} />
            ))}
          </div>
          {id === 'waiting' && <ProviderDefaultsSection />}
        </FormSection>
      ))}
      <PasswordSection settings={settings} />
      <TokenSection />
      <BackupSection />
      <AboutSection settings={settings} />
    </div>
  );
}

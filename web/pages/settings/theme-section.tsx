import { Monitor, Moon, Sun } from 'lucide-react';
import { chooseTheme, type ThemeChoice, useThemeChoice } from '../../theme.ts';
import { classNames } from '../../ui/class-names.ts';
import { FormSection } from '../../ui/form-section.tsx';

const CHOICES: readonly { readonly value: ThemeChoice; readonly word: string; readonly Icon: typeof Sun }[] = [
  { value: 'light', word: 'Light', Icon: Sun },
  { value: 'dark', word: 'Dark', Icon: Moon },
  { value: 'system', word: 'As the system', Icon: Monitor },
];

export function ThemeSection() {
  const theme = useThemeChoice();
  return (
    <FormSection id="theme" title="Theme" says="Kept in this browser.">
      <fieldset className="inline-flex flex-wrap gap-1 self-start rounded-lg bg-sunken p-1">
        <legend className="sr-only">Theme</legend>
        {CHOICES.map(({ value, word, Icon }) => (
          <label
            key={value}
            className={classNames(
              'inline-flex h-7 cursor-pointer items-center gap-1.5 rounded-md px-3 text-sm transition-colors pointer-coarse:h-10',
              'has-focus-visible:outline-2 has-focus-visible:outline-accent',
              theme === value ? 'bg-raised font-medium text-ink shadow-float' : 'text-muted hover:text-ink',
            )}
          >
            <input
              type="radio"
              name="theme"
              value={value}
              checked={theme === value}
              onChange={() => chooseTheme(value)}
              className="sr-only"
            />
            <Icon aria-hidden size={14} />
            {word}
          </label>
        ))}
      </fieldset>
    </FormSection>
  );
}

import { Monitor, Moon, Sun } from 'lucide-react';
import { chooseTheme, THEME_CHOICES, type ThemeChoice, useThemeChoice } from '../theme.ts';
import { IconButton } from '../ui/icon-button.tsx';
import { Menu, MenuChoice, MenuLabel } from '../ui/menu.tsx';

const THEME_WORDS: Readonly<Record<ThemeChoice, string>> = {
  light: 'Light',
  dark: 'Dark',
  system: 'As the system',
};
const ICONS = { light: Sun, dark: Moon, system: Monitor } as const;

export function ThemeMenu() {
  const choice = useThemeChoice();
  const Icon = ICONS[choice];
  return (
    <Menu
      align="start"
      trigger={
        <IconButton label={`Theme: ${THEME_WORDS[choice].toLowerCase()}`} icon={<Icon aria-hidden size={16} />} />
      }
    >
      <MenuLabel>Theme</MenuLabel>
      <MenuChoice
        value={choice}
        onChange={chooseTheme}
        options={THEME_CHOICES.map((value) => {
          const ChoiceIcon = ICONS[value];
          return { value, label: THEME_WORDS[value], icon: <ChoiceIcon aria-hidden size={14} /> };
        })}
      />
    </Menu>
  );
}

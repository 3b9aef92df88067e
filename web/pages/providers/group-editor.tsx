import { Plus, Trash2 } from 'lucide-react';
import { Button } from '../../ui/button.tsx';
import { Field, TextInput } from '../../ui/field.tsx';
import { IconButton } from '../../ui/icon-button.tsx';
import { EMPTY_LIMIT } from './limit-draft.ts';
import { LimitsEditor } from './limits-editor.tsx';
import type { GroupDraft, Problems } from './provider-draft.ts';

interface GroupEditorProps {
  readonly groups: readonly GroupDraft[];
  readonly onChange: (groups: readonly GroupDraft[]) => void;
  readonly problems: Problems;
  readonly disabled: boolean;
}

/** What the provider meters. Limits belong here; keys are put into a group where they are edited. */
export function GroupEditor({ groups, onChange, problems, disabled }: GroupEditorProps) {
  const replace = (at: number, group: GroupDraft) =>
    onChange(groups.map((other, index) => (index === at ? group : other)));
  return (
    <div className="flex flex-col gap-5">
      {groups.map((group, at) => (
        <section
          // biome-ignore lint/suspicious/noArrayIndexKey: its name is being typed; it is the one at its place.
          key={at}
          aria-label={`Quota group ${group.name}`}
          className="flex flex-col gap-3"
        >
          <div className="flex items-end gap-2">
            <Field label="Group" error={problems[`groups.${at}.name`]} className="flex-1">
              {(control) => (
                <TextInput
                  {...control}
                  disabled={disabled}
                  value={group.name}
                  onChange={(event) => replace(at, { ...group, name: event.target.value })}
                />
              )}
            </Field>
            {!disabled && (
              <IconButton
                label={`Remove group ${group.name}`}
                icon={<Trash2 aria-hidden size={14} />}
                onClick={() => onChange(groups.filter((_, index) => index !== at))}
              />
            )}
          </div>
          <LimitsEditor
            limits={group.limits}
            problems={problems}
            path={`groups.${at}.limits`}
            disabled={disabled}
            onChange={(limits) => replace(at, { ...group, limits })}
          />
        </section>
      ))}
      {!disabled && (
        <Button
          icon={<Plus aria-hidden size={14} />}
          className="self-start"
          onClick={() => onChange([...groups, { name: '', limits: [EMPTY_LIMIT] }])}
        >
          Add a quota group
        </Button>
      )}
      {disabled && groups.length === 0 && <p className="text-sm text-faint">None named; each key is its own.</p>}
    </div>
  );
}

import { Plus, Trash2 } from 'lucide-react';
import { Button } from '../../ui/button.tsx';
import { Field, NativeSelect, TextInput } from '../../ui/field.tsx';
import { IconButton } from '../../ui/icon-button.tsx';
import { EMPTY_LIMIT, FIGURE_NAMES, FIGURES, type LimitDraft, type LimitWindow } from './limit-draft.ts';
import type { Problems } from './provider-draft.ts';

interface LimitsEditorProps {
  readonly limits: readonly LimitDraft[];
  readonly onChange: (limits: readonly LimitDraft[]) => void;
  readonly problems: Problems;
  /** Of the list in `problems`: `groups.0.limits`. */
  readonly path: string;
  readonly disabled?: boolean;
}

const WINDOWS: readonly { readonly value: '' | LimitWindow; readonly label: string }[] = [
  { value: '', label: 'Found out by itself' },
  { value: 'refill', label: 'Refills all the time' },
  { value: 'sliding', label: 'Counts the trailing period' },
  { value: 'fixed', label: 'Starts anew each period' },
];

/** Limits that the operator knows. What is left empty is learned from the provider's answers. */
export function LimitsEditor({ limits, onChange, problems, path, disabled = false }: LimitsEditorProps) {
  const replace = (at: number, limit: LimitDraft) =>
    onChange(limits.map((other, index) => (index === at ? limit : other)));
  return (
    <div className="flex flex-col gap-3">
      {limits.map((limit, at) => (
        <LimitFields
          // biome-ignore lint/suspicious/noArrayIndexKey: a limit has no name of its own; it is the one at its place.
          key={at}
          limit={limit}
          place={at + 1}
          problems={problems}
          path={`${path}.${at}`}
          disabled={disabled}
          onChange={(next) => replace(at, next)}
          onRemove={() => onChange(limits.filter((_, index) => index !== at))}
        />
      ))}
      {!disabled && (
        <Button
          size="small"
          icon={<Plus aria-hidden size={13} />}
          className="self-start"
          onClick={() => onChange([...limits, EMPTY_LIMIT])}
        >
          Add a limit
        </Button>
      )}
      {disabled && limits.length === 0 && <p className="text-xs text-faint">None typed; they are learned.</p>}
    </div>
  );
}

interface LimitFieldsProps {
  readonly limit: LimitDraft;
  readonly place: number;
  readonly problems: Problems;
  readonly path: string;
  readonly disabled: boolean;
  readonly onChange: (limit: LimitDraft) => void;
  readonly onRemove: () => void;
}

function LimitFields({ limit, place, problems, path, disabled, onChange, onRemove }: LimitFieldsProps) {
  const problem = problems[`${path}.limit`] ?? problems[path];
  return (
    <fieldset disabled={disabled} className="flex flex-col gap-3 rounded-lg border border-line p-3">
      <legend className="sr-only">Limit {place}</legend>
      <div className="flex items-end gap-2">
        <Field
          label="Model"
          error={problems[`${path}.model`]}
          className="flex-1"
          aside="* is all together, each is one per model"
        >
          {(control) => (
            <TextInput
              {...control}
              value={limit.model}
              onChange={(event) => onChange({ ...limit, model: event.target.value })}
            />
          )}
        </Field>
        {!disabled && (
          <IconButton label={`Remove limit ${place}`} icon={<Trash2 aria-hidden size={14} />} onClick={onRemove} />
        )}
      </div>
      <div className="grid grid-cols-2 gap-3 sm:grid-cols-4">
        {FIGURES.map((figure) => (
          <Field
            key={figure}
            label={<span className="text-xs font-normal text-muted">{FIGURE_NAMES[figure]}</span>}
            error={problems[`${path}.${figure}`]}
            className="justify-end"
          >
            {(control) => (
              <TextInput
                {...control}
                inputMode="numeric"
                placeholder="learned"
                value={limit.figures[figure] ?? ''}
                onChange={(event) =>
                  onChange({ ...limit, figures: { ...limit.figures, [figure]: event.target.value } })
                }
              />
            )}
          </Field>
        ))}
      </div>
      <Field
        label={<span className="text-xs font-normal text-muted">Room comes back</span>}
        error={problems[`${path}.window`]}
      >
        {(control) => (
          <NativeSelect
            {...control}
            value={limit.window}
            onChange={(event) =>
              onChange({ ...limit, window: WINDOWS.find(({ value }) => value === event.target.value)?.value ?? '' })
            }
          >
            {WINDOWS.map(({ value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </NativeSelect>
        )}
      </Field>
      {problem !== undefined && (
        <p role="alert" className="text-xs text-rejected">
          {problem}
        </p>
      )}
    </fieldset>
  );
}

import { type FormEvent, useState } from 'react';
import type { SettingView } from '../../../src/admin/contract.ts';
import { Badge } from '../../ui/badge.tsx';
import { Banner } from '../../ui/banner.tsx';
import { Button } from '../../ui/button.tsx';
import { classNames } from '../../ui/class-names.ts';
import { Field, TextArea, TextInput } from '../../ui/field.tsx';
import { Switch } from '../../ui/switch.tsx';
import { Tooltip } from '../../ui/tooltip.tsx';
import { factsOf, SOURCE_NAMES, saySource, settingProblem, settingText, settingValue } from './setting-catalog.ts';
import { type SettingChange, useSettingChange } from './use-setting-change.ts';

interface SettingRowProps {
  readonly setting: SettingView;
  readonly storedVersion: number;
}

/** One setting: its value, where it comes from, and, where it can be, a way to change it. */
export function SettingRow({ setting, storedVersion }: SettingRowProps) {
  const facts = factsOf(setting.name, setting.value);
  const change = useSettingChange(setting.name, facts.title, storedVersion);
  if (facts.kind === 'fixed') return <FixedRow setting={setting} />;
  return facts.kind === 'flag' ? (
    <FlagRow setting={setting} change={change} />
  ) : (
    <TextRow setting={setting} change={change} />
  );
}

interface RowProps {
  readonly setting: SettingView;
  readonly change: SettingChange;
}

function FixedRow({ setting }: Pick<RowProps, 'setting'>) {
  const { title, says } = factsOf(setting.name, setting.value);
  const text = settingText(setting.value);
  return (
    <div className="flex items-start justify-between gap-4 sm:col-span-2">
      <div className="min-w-0 text-sm">
        <p className="font-medium">{title}</p>
        <p className="text-xs text-faint">{says}</p>
        {text !== '' && <pre className="mt-1 overflow-x-auto font-mono text-xs text-muted">{text}</pre>}
      </div>
      {text === '' ? <span className="text-xs text-faint">none</span> : <SourceMark setting={setting} />}
    </div>
  );
}

function FlagRow({ setting, change }: RowProps) {
  const { title, says } = factsOf(setting.name, setting.value);
  const id = `setting-${setting.name}`;
  return (
    <div className="flex items-start justify-between gap-4 sm:col-span-2">
      <label htmlFor={id} className="text-sm font-medium">
        {title}
        <span className="block text-xs font-normal text-faint">{says}</span>
        {!setting.editable && <span className="block text-xs font-normal text-faint">{saySource(setting)}</span>}
        {change.error !== undefined && (
          <span role="alert" className="block text-xs font-normal text-rejected">
            {change.error}
          </span>
        )}
      </label>
      <span className="flex items-center gap-2">
        <SourceMark setting={setting} />
        <Switch
          id={id}
          checked={setting.value === true}
          disabled={!setting.editable || change.isBusy}
          onChange={(value) => void change.save(value, setting.value)}
        />
      </span>
    </div>
  );
}

function TextRow({ setting, change }: RowProps) {
  const facts = factsOf(setting.name, setting.value);
  const [typed, setTyped] = useState<{ readonly text: string; readonly base: unknown } | null>(null);
  const shown = settingText(setting.value);
  const text = typed?.text ?? shown;
  const isChanged = typed !== null && typed.text.trim() !== settingText(typed.base).trim();
  const problem = settingProblem(facts.kind, text);
  const type = (next: string) => {
    setTyped((before) => ({ text: next, base: before === null ? setting.value : before.base }));
    change.forget();
  };
  const discard = () => {
    setTyped(null);
    change.forget();
  };
  const save = async (value: unknown, base: unknown) => {
    if (await change.save(value, base)) setTyped(null);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isChanged && problem === null) void save(settingValue(facts.kind, text), typed?.base);
  };
  const error = isChanged && problem !== null ? problem : change.error;
  const says = setting.editable ? facts.says : `${facts.says} ${saySource(setting)}`;
  return (
    <form
      noValidate
      onSubmit={submit}
      className={classNames('flex flex-col gap-2', facts.kind === 'list' && 'sm:col-span-2')}
    >
      <Field label={facts.title} hint={says} error={error} aside={<SourceMark setting={setting} />}>
        {(control) =>
          facts.kind === 'list' ? (
            <TextArea
              {...control}
              rows={Math.max(1, text.split('\n').length)}
              disabled={!setting.editable}
              placeholder={facts.example ?? 'none'}
              value={text}
              onChange={(event) => type(event.target.value)}
              className="min-h-9! font-mono text-xs"
            />
          ) : (
            <TextInput
              {...control}
              disabled={!setting.editable}
              placeholder={facts.example ?? ''}
              value={text}
              onChange={(event) => type(event.target.value)}
            />
          )
        }
      </Field>
      {change.theirs !== null && typed !== null && (
        <Banner
          tone="resting"
          urgent
          action={
            <>
              <Button size="small" onClick={discard}>
                Take theirs
              </Button>
              <Button size="small" onClick={() => void save(settingValue(facts.kind, text), change.theirs?.value)}>
                Apply mine again
              </Button>
            </>
          }
        >
          Somebody changed it meanwhile: it was {settingText(typed.base) || 'empty'}, and is now{' '}
          {settingText(change.theirs.value) || 'empty'}.
        </Banner>
      )}
      {(isChanged || (setting.editable && setting.source.kind === 'store')) && (
        <div className="flex gap-2">
          {isChanged ? (
            <>
              <Button size="small" kind="primary" type="submit" busy={change.isBusy} disabled={problem !== null}>
                Save
              </Button>
              <Button size="small" onClick={discard}>
                Discard
              </Button>
            </>
          ) : (
            <Button size="small" kind="quiet" busy={change.isBusy} onClick={() => void save(null, setting.value)}>
              Back to the default
            </Button>
          )}
        </div>
      )}
    </form>
  );
}

export function SourceMark({ setting }: { readonly setting: SettingView }) {
  if (setting.source.kind === 'default' && setting.editable) return null;
  return (
    <Tooltip content={saySource(setting)}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what decides it must be within reach of a keyboard. */}
      <span tabIndex={0} className="inline-flex rounded-sm">
        <Badge tone={setting.source.kind === 'store' ? 'accent' : 'neutral'}>{SOURCE_NAMES[setting.source.kind]}</Badge>
      </span>
    </Tooltip>
  );
}

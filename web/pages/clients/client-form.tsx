import { useId } from 'react';
import { useProviders } from '../../api/queries.ts';
import { Field, TextInput } from '../../ui/field.tsx';
import { Checkbox, Switch } from '../../ui/switch.tsx';
import type { ClientDraft } from './client-draft.ts';

interface ClientFieldsProps {
  readonly draft: ClientDraft;
  readonly onType: (part: Partial<ClientDraft>) => void;
  readonly errorOf: (field: string) => string | undefined;
}

/** Name and scopes: the same for a new client and one that is edited. */
export function ClientFields({ draft, onType, errorOf }: ClientFieldsProps) {
  const { data: providers } = useProviders();
  const known = (providers ?? []).filter(({ restorableUntil, shadowed }) => restorableUntil === null && !shadowed);
  const groups = [...new Set(known.flatMap(({ settings }) => Object.keys(settings.groups)))];
  return (
    <div className="flex flex-col gap-5">
      <Field label="Name" error={errorOf('name')} hint="The program or person that calls: my-app, ada, nightly-batch.">
        {(control) => (
          <TextInput
            {...control}
            autoFocus
            value={draft.name}
            onChange={(event) => onType({ name: event.target.value })}
          />
        )}
      </Field>
      <Scope
        title="Only some providers"
        says="Otherwise it may call all of them, also those added later."
        limited={draft.limitsProviders}
        onLimit={(limitsProviders) => onType({ limitsProviders })}
        names={union(
          known.map(({ name }) => name),
          draft.providers,
        )}
        chosen={draft.providers}
        onChoose={(chosen) => onType({ providers: chosen })}
        error={errorOf('providers')}
      />
      <Scope
        title="Only some quota groups"
        says="Its calls are served by keys of these groups alone; it waits for them even while others have room."
        limited={draft.limitsGroups}
        onLimit={(limitsGroups) => onType({ limitsGroups })}
        names={union(groups, draft.groups)}
        chosen={draft.groups}
        onChoose={(chosen) => onType({ groups: chosen })}
        error={errorOf('groups')}
        none="No provider has a quota group yet; name one in the settings of a provider."
      />
    </div>
  );
}

function union(names: readonly string[], others: readonly string[]): readonly string[] {
  return [...new Set([...names, ...others])];
}

interface ScopeProps {
  readonly title: string;
  readonly says: string;
  readonly limited: boolean;
  readonly onLimit: (limited: boolean) => void;
  readonly names: readonly string[];
  readonly chosen: readonly string[];
  readonly onChoose: (chosen: readonly string[]) => void;
  readonly error: string | undefined;
  readonly none?: string;
}

function Scope({ title, says, limited, onLimit, names, chosen, onChoose, error, none }: ScopeProps) {
  const id = useId();
  const toggle = (name: string, on: boolean) =>
    onChoose(on ? [...chosen, name] : chosen.filter((other) => other !== name));
  return (
    <fieldset className="flex flex-col gap-2.5">
      <legend className="sr-only">{title}</legend>
      <label htmlFor={id} className="flex items-start gap-3 text-sm">
        <Switch id={id} checked={limited} onChange={onLimit} />
        <span>
          <span className="font-medium">{title}</span>
          <span className="block text-xs text-faint">{says}</span>
        </span>
      </label>
      {limited && (
        <div className="flex flex-wrap gap-x-5 gap-y-2 pl-11.5">
          {names.map((name) => (
            <label key={name} htmlFor={`${id} ${name}`} className="flex items-center gap-2 text-sm">
              <Checkbox id={`${id} ${name}`} checked={chosen.includes(name)} onChange={(on) => toggle(name, on)} />
              {name}
            </label>
          ))}
          {names.length === 0 && <p className="text-xs text-faint">{none ?? 'There is none yet.'}</p>}
        </div>
      )}
      {limited && error !== undefined && (
        <p role="alert" className="pl-11.5 text-xs text-rejected">
          {error}
        </p>
      )}
    </fieldset>
  );
}

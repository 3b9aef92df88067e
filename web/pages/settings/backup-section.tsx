import { useQueryClient } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { type FormEvent, useId, useState } from 'react';
import type { ImportReport } from '../../../src/admin/contract.ts';
import { call } from '../../api/client.ts';
import { ApiProblem, fieldErrors, sayProblem } from '../../api/problem.ts';
import { Banner } from '../../ui/banner.tsx';
import { Button, buttonClasses } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Field, TextInput } from '../../ui/field.tsx';
import { FileLabel } from '../../ui/file-label.tsx';
import { FormSection } from '../../ui/form-section.tsx';
import { showToast } from '../../ui/toasts.ts';
import { sayImport } from './import-words.ts';

type SettingsDocument = Readonly<Record<string, unknown>>;

export function BackupSection() {
  return (
    <FormSection
      id="backup"
      title="Export and import"
      says="Everything that was set up here, keys included, as one file. What the configuration file owns is not in it."
    >
      <div className="flex flex-wrap gap-2">
        <Export />
        <Import />
      </div>
    </FormSection>
  );
}

function Export() {
  const [isOpen, setOpen] = useState(false);
  const [password, setPassword] = useState('');
  const [failure, setFailure] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const formId = useId();
  const close = () => {
    setOpen(false);
    setPassword('');
    setFailure(null);
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      saveFile(await call('POST /export', { body: { password } }));
      close();
      showToast({ title: 'Exported. The file holds your keys in plain text: keep it safe.' });
    } catch (error) {
      setFailure(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <Button icon={<Download aria-hidden size={14} />} onClick={() => setOpen(true)}>
        Export…
      </Button>
      <Dialog
        open={isOpen}
        onClose={close}
        title="Export everything"
        description="The file holds your providers' keys in plain text. Whoever has it can spend them."
        footer={
          <>
            <Button onClick={close}>Cancel</Button>
            <Button kind="primary" type="submit" form={formId} busy={isBusy} disabled={password === ''}>
              Export
            </Button>
          </>
        }
      >
        <form id={formId} onSubmit={(event) => void submit(event)}>
          <Field
            label="Admin password, once more"
            error={failure === null ? undefined : (fieldErrors(failure).password ?? sayProblem(failure))}
          >
            {(control) => (
              <TextInput
                {...control}
                autoFocus
                type="password"
                autoComplete="current-password"
                value={password}
                onChange={(event) => {
                  setPassword(event.target.value);
                  setFailure(null);
                }}
              />
            )}
          </Field>
        </form>
      </Dialog>
    </>
  );
}

/** By a link of its own, for the answer came to a POST. */
function saveFile(document_: SettingsDocument): void {
  const url = URL.createObjectURL(new Blob([JSON.stringify(document_, null, 2)], { type: 'application/json' }));
  const link = Object.assign(document.createElement('a'), {
    href: url,
    download: `rotato-${new Date().toISOString().slice(0, 10)}.json`,
  });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

interface Chosen {
  readonly name: string;
  readonly document: SettingsDocument;
  readonly report: ImportReport;
}

/** First it is said what would happen; nothing does until that is confirmed, and then all of it or nothing. */
function Import() {
  const cache = useQueryClient();
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const close = () => {
    setChosen(null);
    setFailure(null);
  };
  const choose = async (file: File) => {
    try {
      const document_ = readDocument(await file.text());
      const report = await call('POST /import', { body: { document: document_, dryRun: true } });
      setChosen({ name: file.name, document: document_, report });
    } catch (error) {
      setFailure(error);
    }
  };
  const confirm = async () => {
    if (chosen === null) return;
    setBusy(true);
    try {
      await call('POST /import', { body: { document: chosen.document, dryRun: false } });
      close();
      showToast({ title: 'Imported. It is in force.' });
    } catch (error) {
      setFailure(error);
    } finally {
      setBusy(false);
      void cache.invalidateQueries();
    }
  };
  return (
    <>
      <FileLabel
        accept=".json,application/json"
        onFile={(file) => void choose(file)}
        className={buttonClasses()}
        iconSize={14}
      >
        Import…
      </FileLabel>
      <Dialog
        open={chosen !== null || failure !== null}
        onClose={close}
        width="wide"
        title={failure === null ? `Import ${chosen?.name ?? ''}?` : 'Nothing was imported'}
        description={failure === null ? 'This is what will happen. All of it is done, or nothing.' : undefined}
        footer={
          failure === null ? (
            <>
              <Button onClick={close}>Cancel</Button>
              <Button kind="primary" busy={isBusy} onClick={() => void confirm()}>
                Import
              </Button>
            </>
          ) : (
            <Button onClick={close}>Close</Button>
          )
        }
      >
        {failure === null ? chosen !== null && <Outlook report={chosen.report} /> : <Failure failure={failure} />}
      </Dialog>
    </>
  );
}

function readDocument(text: string): SettingsDocument {
  try {
    const read: unknown = JSON.parse(text);
    if (typeof read === 'object' && read !== null && !Array.isArray(read)) return { ...read };
  } catch {
    // Said below, in words of ours.
  }
  throw new Error('This is not a whole export: it cannot be read as JSON. Choose the file as it was exported.');
}

function Outlook({ report }: { readonly report: ImportReport }) {
  const lines = sayImport(report);
  return (
    <div className="flex flex-col gap-3">
      <ul aria-label="What will happen" className="flex list-disc flex-col gap-1 pl-5 text-sm">
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      {report.notes.length > 0 && (
        <Banner tone="resting">
          {report.notes.map((note) => (
            <p key={note}>{note}</p>
          ))}
        </Banner>
      )}
    </div>
  );
}

function Failure({ failure }: { readonly failure: unknown }) {
  const fields = failure instanceof ApiProblem ? failure.fields : [];
  return (
    <div role="alert" className="flex flex-col gap-3">
      <Banner tone="rejected">
        {fields.length === 0
          ? sayProblem(failure)
          : 'Nothing of it was saved. Put this right in the file, or choose another:'}
      </Banner>
      {fields.length > 0 && (
        <ul aria-label="What is wrong" className="flex flex-col gap-1.5 text-sm">
          {fields.map(({ path, message }) => (
            <li key={`${path} ${message}`}>
              <code className="font-mono text-xs text-muted">{path === '' ? 'the whole' : path}</code> {message}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

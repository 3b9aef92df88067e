import { KEY_VARIABLE, type Snippet, type SnippetContext } from './snippet.ts';

/** What SDKs are given where they insist on a credential and none is asked for. */
const ANY_KEY = 'rotato';

export function vercelSnippet(
  { model }: SnippetContext,
  { needs, create }: { readonly needs: string; readonly create: readonly string[] },
): Snippet {
  return {
    id: 'vercel',
    title: 'Vercel AI SDK',
    language: 'javascript',
    needs,
    code: [
      "import { generateText } from 'ai';",
      ...create,
      `const { text } = await generateText({ model: provider(${single(model)}), prompt: 'Say hello.' });`,
      'console.log(text);',
    ].join('\n'),
  };
}

export function curlPost(
  context: SnippetContext,
  title: string,
  url: string,
  { headers, body }: { readonly headers: readonly (string | null)[]; readonly body: unknown },
): Snippet {
  const lines = [
    `curl ${shellWord(url)}`,
    ...headers.filter((header) => header !== null).map((header) => `  -H ${shellText(header)}`),
    "  -H 'content-type: application/json'",
    `  -d ${shellWord(JSON.stringify(body))}`,
  ];
  return { id: 'curl', title, language: 'bash', needs: variableNeeded(context), code: lines.join(' \\\n') };
}

export function curlGet(context: SnippetContext, url: string, headers: readonly (string | null)[]): Snippet {
  const lines = [
    `curl ${shellWord(url)}`,
    ...headers.filter((header) => header !== null).map((header) => `  -H ${shellText(header)}`),
  ];
  return {
    id: 'curl-models',
    title: 'curl, models',
    language: 'bash',
    needs: variableNeeded(context),
    code: lines.join(' \\\n'),
  };
}

function variableNeeded({ credential }: SnippetContext): string | null {
  return credential.kind === 'variable' ? `A client key in ${KEY_VARIABLE}; see Clients.` : null;
}

/** The header with the client key; null where none is asked for. */
export function curlHeader({ credential }: SnippetContext, write: (key: string) => string): string | null {
  switch (credential.kind) {
    case 'none':
      return null;
    case 'variable':
      return write(`$${KEY_VARIABLE}`);
    case 'secret':
      return write(credential.secret);
  }
}

export function shownKey({ credential }: SnippetContext): string {
  return credential.kind === 'secret' ? credential.secret : ANY_KEY;
}

export function pythonImports({ credential }: SnippetContext, line: string): readonly string[] {
  return credential.kind === 'variable' ? ['import os', line] : [line];
}

export function pythonKey(context: SnippetContext): string {
  return context.credential.kind === 'variable' ? `os.environ["${KEY_VARIABLE}"]` : quoted(shownKey(context));
}

export function scriptKey(context: SnippetContext): string {
  return context.credential.kind === 'variable' ? `process.env.${KEY_VARIABLE}` : single(shownKey(context));
}

export function quoted(text: string): string {
  return JSON.stringify(text);
}

export function single(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`;
}

/** One word of a POSIX shell, whatever is in it. */
export function shellWord(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** As `shellWord`, but a variable in it is still read: the text is ours, not what somebody typed. */
function shellText(text: string): string {
  return text.includes('$') ? `"${text}"` : shellWord(text);
}

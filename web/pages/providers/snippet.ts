/** What a snippet needs to know; everything in it stands in the text that is pasted. */
export interface SnippetContext {
  /** Of this rotato: `http://127.0.0.1:8990`. */
  readonly origin: string;
  readonly provider: string;
  readonly wire: 'openai' | 'anthropic' | 'gemini';
  /** Null or `custom` for a provider that was set up by hand. */
  readonly preset: string | null;
  /** Of the provider itself. */
  readonly upstream: string;
  readonly model: string;
  readonly credential: SnippetCredential;
}

/**
 * How a caller proves itself. `none`: access is open, and what SDKs insist on sending is dropped. `variable`: a client
 * key that the reader has in `ROTATO_KEY`. `secret`: one that was made this moment, the only time it can be shown.
 */
export type SnippetCredential =
  | { readonly kind: 'none' }
  | { readonly kind: 'variable' }
  | { readonly kind: 'secret'; readonly secret: string };

export interface Snippet {
  readonly id: string;
  readonly title: string;
  readonly language: 'bash' | 'python' | 'javascript';
  readonly code: string;
  /** What must be there before it works, in one sentence. */
  readonly needs: string | null;
}

export const KEY_VARIABLE = 'ROTATO_KEY';

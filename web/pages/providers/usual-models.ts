import type { SnippetContext } from './snippet.ts';

/** A model that accounts of the vendor can usually call, for as long as the provider's own list is not known. */
const USUAL_MODELS: Readonly<Record<string, string>> = {
  openai: 'gpt-4o-mini',
  azure: 'your-deployment',
  anthropic: 'claude-sonnet-4-5',
  gemini: 'gemini-2.5-flash',
  'gemini-openai': 'gemini-2.5-flash',
  groq: 'llama-3.3-70b-versatile',
  openrouter: 'openai/gpt-4o-mini',
  mistral: 'mistral-small-latest',
  together: 'meta-llama/Llama-3.3-70B-Instruct-Turbo',
  cerebras: 'llama-3.3-70b',
  deepseek: 'deepseek-chat',
  xai: 'grok-4',
  cohere: 'command-r-plus',
  fireworks: 'accounts/fireworks/models/llama-v3p3-70b-instruct',
  nvidia: 'meta/llama-3.3-70b-instruct',
  github: 'openai/gpt-4o-mini',
  sambanova: 'Meta-Llama-3.3-70B-Instruct',
  perplexity: 'sonar',
  ollama: 'llama3.2',
};

const WIRE_MODELS = { openai: 'gpt-4o-mini', anthropic: 'claude-sonnet-4-5', gemini: 'gemini-2.5-flash' } as const;

export function usualModel(preset: string | null, wire: SnippetContext['wire']): string {
  return USUAL_MODELS[preset ?? ''] ?? WIRE_MODELS[wire];
}

/** The model a snippet shows first: the usual one if the provider has it, else the first that looks like chat. */
export function pickModel(models: readonly string[], usual: string): string {
  const names = models.map((model) => model.replace(/^models\//, ''));
  if (names.length === 0 || names.includes(usual)) return usual;
  const notForChat =
    /embed|whisper|tts|dall-e|image|moderation|audio|realtime|rerank|guard|transcribe|speech|sora|veo/i;
  return names.find((name) => !notForChat.test(name)) ?? names[0] ?? usual;
}

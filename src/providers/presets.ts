import { RotatoError } from '../errors.ts';
import type { Wire } from '../model/provider.ts';
import type { CredentialHeader, ModelFamily, Preset, QuotaFacts, ValidationCall } from './preset.ts';
import { keyRejected, modelUnavailable, overloaded, quotaExhausted, untilMidnightIn } from './refusal.ts';
import type { RefusalRule } from './refusal-rules.ts';

const CUSTOM_NAME = 'custom';

const BEARER: CredentialHeader = { header: 'authorization', scheme: 'Bearer' };

const LIST_MODELS: ValidationCall = { method: 'GET', path: '/models', headers: [] };

const UNKNOWN_QUOTA: QuotaFacts = { algorithm: null, refusalsCount: false, chargesMaxTokens: false };

/** Where a row says nothing: a vendor that speaks OpenAI's wire, of which nothing else is known. */
const COMPATIBLE: Omit<Preset, 'name' | 'title'> = {
  wire: 'openai',
  baseUrl: null,
  docs: null,
  keysPage: null,
  credential: BEARER,
  alternatives: [],
  keyOptional: false,
  validation: LIST_MODELS,
  limitHeaders: 'generic',
  organisationReplyHeader: null,
  organisationRequestHeaders: [],
  refusals: [],
  modelFamilies: [],
  quota: UNKNOWN_QUOTA,
  errorsInStream: false,
  selfHosted: false,
  allowPrivateAddress: false,
  proven: false,
};

const SELF_HOSTED: Omit<Preset, 'name' | 'title'> = {
  ...COMPATIBLE,
  keyOptional: true,
  limitHeaders: 'none',
  selfHosted: true,
  allowPrivateAddress: true,
};

/** A dated snapshot is metered together with its undated name. */
const OPENAI_SNAPSHOTS: ModelFamily = { pattern: /^(.+)-\d{4}-\d{2}-\d{2}$/, modelClass: '$1' };

/** "Opus 4.x" share one limit, and so on; before version 4 each model has its own. */
const CLAUDE_FAMILIES: ModelFamily = { pattern: /^claude-(opus|sonnet|haiku)-(\d+).*$/, modelClass: 'claude-$1-$2' };

const GOOGLE_NAMES: ModelFamily = { pattern: /^models\/(.+)$/, modelClass: '$1' };

/** Whatever carries a project's or user's access token of Google begins like this. */
const GOOGLE_ACCESS_TOKEN = { startsWith: 'ya29.', ...BEARER };

/** The Interactions API calls the end of a day's quota `quota_exceeded`; its rate limit has another word. */
const INTERACTIONS_DAY: RefusalRule = {
  row: 9,
  status: [429],
  words: ['quota_exceeded'],
  verdict: quotaExhausted('bucket', untilMidnightIn('America/Los_Angeles')),
};

const ROWS: readonly Preset[] = [
  {
    ...COMPATIBLE,
    name: 'openai',
    title: 'OpenAI',
    baseUrl: 'https://api.openai.com/v1',
    docs: 'https://platform.openai.com/docs/guides/rate-limits',
    keysPage: 'https://platform.openai.com/api-keys',
    limitHeaders: 'openai',
    organisationReplyHeader: 'openai-organization',
    organisationRequestHeaders: ['openai-organization', 'openai-project'],
    modelFamilies: [OPENAI_SNAPSHOTS],
    quota: { algorithm: 'refill', refusalsCount: true, chargesMaxTokens: true },
    errorsInStream: true,
    proven: true,
  },
  {
    ...COMPATIBLE,
    name: 'azure',
    title: 'Azure OpenAI',
    docs: 'https://learn.microsoft.com/azure/ai-services/openai/quotas-limits',
    credential: { header: 'api-key', scheme: null },
    // A token of Entra ID is a JSON web token.
    alternatives: [{ startsWith: 'eyJ', ...BEARER }],
    limitHeaders: 'azure',
    quota: { ...UNKNOWN_QUOTA, chargesMaxTokens: true },
    errorsInStream: true,
    proven: true,
  },
  {
    ...COMPATIBLE,
    name: 'anthropic',
    title: 'Anthropic',
    wire: 'anthropic',
    baseUrl: 'https://api.anthropic.com/v1',
    docs: 'https://platform.claude.com/docs/en/api/rate-limits',
    keysPage: 'https://console.anthropic.com/settings/keys',
    credential: { header: 'x-api-key', scheme: null },
    validation: { method: 'GET', path: '/models', headers: ['anthropic-version', '2023-06-01'] },
    limitHeaders: 'anthropic',
    organisationReplyHeader: 'anthropic-organization-id',
    modelFamilies: [CLAUDE_FAMILIES],
    quota: { ...UNKNOWN_QUOTA, algorithm: 'refill' },
    errorsInStream: true,
    proven: true,
  },
  {
    ...COMPATIBLE,
    name: 'gemini',
    title: 'Google Gemini',
    wire: 'gemini',
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
    docs: 'https://ai.google.dev/gemini-api/docs/rate-limits',
    keysPage: 'https://aistudio.google.com/apikey',
    credential: { header: 'x-goog-api-key', scheme: null },
    alternatives: [GOOGLE_ACCESS_TOKEN],
    validation: { method: 'GET', path: '/models?pageSize=1', headers: [] },
    limitHeaders: 'none',
    organisationRequestHeaders: ['x-goog-user-project'],
    refusals: [INTERACTIONS_DAY],
    modelFamilies: [GOOGLE_NAMES],
    errorsInStream: true,
    proven: true,
  },
  {
    ...COMPATIBLE,
    name: 'gemini-openai',
    title: 'Google Gemini, OpenAI-compatible',
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai',
    docs: 'https://ai.google.dev/gemini-api/docs/openai',
    keysPage: 'https://aistudio.google.com/apikey',
    limitHeaders: 'none',
    organisationRequestHeaders: ['x-goog-user-project'],
    modelFamilies: [GOOGLE_NAMES],
    errorsInStream: true,
  },
  {
    ...COMPATIBLE,
    name: 'groq',
    title: 'Groq',
    baseUrl: 'https://api.groq.com/openai/v1',
    docs: 'https://console.groq.com/docs/rate-limits',
    keysPage: 'https://console.groq.com/keys',
    limitHeaders: 'groq',
    refusals: [{ row: 18, status: [498], verdict: overloaded }],
    quota: { ...UNKNOWN_QUOTA, algorithm: 'refill' },
    proven: true,
  },
  {
    ...COMPATIBLE,
    name: 'openrouter',
    title: 'OpenRouter',
    baseUrl: 'https://openrouter.ai/api/v1',
    docs: 'https://openrouter.ai/docs/api-reference/limits',
    keysPage: 'https://openrouter.ai/settings/keys',
    // Its list of models is public and says nothing about a key.
    validation: { method: 'GET', path: '/key', headers: [] },
    limitHeaders: 'openrouter',
    // One limit for all free models of an account.
    modelFamilies: [{ pattern: /^.*:free$/, modelClass: ':free' }],
    errorsInStream: true,
    proven: true,
  },
  {
    ...COMPATIBLE,
    name: 'mistral',
    title: 'Mistral',
    baseUrl: 'https://api.mistral.ai/v1',
    docs: 'https://docs.mistral.ai/deployment/ai-studio/tier',
    keysPage: 'https://console.mistral.ai/api-keys',
    limitHeaders: 'mistral',
  },
  {
    ...COMPATIBLE,
    name: 'together',
    title: 'Together',
    baseUrl: 'https://api.together.xyz/v1',
    docs: 'https://docs.together.ai/docs/rate-limits',
    keysPage: 'https://api.together.ai/settings/api-keys',
    limitHeaders: 'together',
  },
  {
    ...COMPATIBLE,
    name: 'cerebras',
    title: 'Cerebras',
    baseUrl: 'https://api.cerebras.ai/v1',
    docs: 'https://inference-docs.cerebras.ai/support/rate-limits',
    keysPage: 'https://cloud.cerebras.ai',
    limitHeaders: 'cerebras',
    quota: { algorithm: 'refill', refusalsCount: false, chargesMaxTokens: true },
  },
  {
    ...COMPATIBLE,
    name: 'deepseek',
    title: 'DeepSeek',
    baseUrl: 'https://api.deepseek.com',
    docs: 'https://api-docs.deepseek.com/quick_start/rate_limit',
    keysPage: 'https://platform.deepseek.com/api_keys',
    limitHeaders: 'none',
  },
  {
    ...COMPATIBLE,
    name: 'xai',
    title: 'xAI',
    baseUrl: 'https://api.x.ai/v1',
    docs: 'https://docs.x.ai/developers/rate-limits',
    keysPage: 'https://console.x.ai',
    validation: { method: 'GET', path: '/api-key', headers: [] },
    limitHeaders: 'xai',
  },
  {
    ...COMPATIBLE,
    name: 'cohere',
    title: 'Cohere',
    baseUrl: 'https://api.cohere.com/v2',
    docs: 'https://docs.cohere.com/docs/rate-limits',
    keysPage: 'https://dashboard.cohere.com/api-keys',
    validation: { method: 'GET', path: '/v1/models', headers: [] },
    limitHeaders: 'cohere',
  },
  {
    ...COMPATIBLE,
    name: 'fireworks',
    title: 'Fireworks',
    baseUrl: 'https://api.fireworks.ai/inference/v1',
    docs: 'https://docs.fireworks.ai/guides/inference-error-codes',
    keysPage: 'https://fireworks.ai/account/api-keys',
    limitHeaders: 'fireworks',
    // The account is suspended.
    refusals: [{ row: 13, status: [412], verdict: keyRejected('group') }],
  },
  {
    ...COMPATIBLE,
    name: 'nvidia',
    title: 'NVIDIA NIM',
    baseUrl: 'https://integrate.api.nvidia.com/v1',
    docs: 'https://docs.api.nvidia.com',
    keysPage: 'https://build.nvidia.com',
    validation: null,
    limitHeaders: 'none',
    // "Function 'ID': Not found for account 'ID'": the model is not enabled there.
    refusals: [
      { row: 14, status: [404], text: /\bfunction\b.{0,200}\bnot found for account\b/i, verdict: modelUnavailable },
    ],
  },
  {
    ...COMPATIBLE,
    name: 'github',
    title: 'GitHub Models',
    baseUrl: 'https://models.github.ai/inference',
    docs: 'https://docs.github.com/github-models/use-github-models/prototyping-with-ai-models#rate-limits',
    keysPage: 'https://github.com/settings/tokens',
    validation: null,
    limitHeaders: 'github',
    quota: { ...UNKNOWN_QUOTA, algorithm: 'sliding' },
  },
  {
    ...COMPATIBLE,
    name: 'sambanova',
    title: 'SambaNova',
    baseUrl: 'https://api.sambanova.ai/v1',
    docs: 'https://docs.sambanova.ai/docs/en/models/rate-limits',
    keysPage: 'https://cloud.sambanova.ai/apis',
    limitHeaders: 'sambanova',
  },
  {
    ...COMPATIBLE,
    name: 'perplexity',
    title: 'Perplexity',
    baseUrl: 'https://api.perplexity.ai',
    docs: 'https://docs.perplexity.ai/docs/admin/rate-limits-usage-tiers',
    keysPage: 'https://www.perplexity.ai/settings/api',
    validation: null,
    limitHeaders: 'none',
    quota: { ...UNKNOWN_QUOTA, algorithm: 'refill' },
  },
  {
    ...SELF_HOSTED,
    name: 'ollama',
    title: 'Ollama',
    baseUrl: 'http://localhost:11434/v1',
    docs: 'https://docs.ollama.com/api/errors',
    proven: true,
  },
  {
    ...SELF_HOSTED,
    name: 'llama.cpp',
    title: 'llama.cpp server',
    baseUrl: 'http://localhost:8080/v1',
    docs: 'https://github.com/ggml-org/llama.cpp/tree/master/tools/server',
  },
  {
    ...SELF_HOSTED,
    name: 'vllm',
    title: 'vLLM',
    baseUrl: 'http://localhost:8000/v1',
    docs: 'https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html',
  },
];

/** Any host that speaks a wire. Nothing is known of its quota, nor whether its list of models asks for a key. */
const CUSTOM: Readonly<Record<Wire, Preset>> = {
  openai: customPreset('openai', BEARER),
  anthropic: customPreset('anthropic', { header: 'x-api-key', scheme: null }),
  gemini: customPreset('gemini', { header: 'x-goog-api-key', scheme: null }),
};

function customPreset(wire: Wire, credential: CredentialHeader): Preset {
  return {
    ...COMPATIBLE,
    name: CUSTOM_NAME,
    title: `Custom (${wire} wire)`,
    wire,
    credential,
    keyOptional: true,
    validation: null,
    errorsInStream: true,
  };
}

/** By name. Custom providers are not among them: see `presetFor`. */
export const PRESETS: ReadonlyMap<string, Preset> = new Map(ROWS.map((row) => [row.name, row]));

/**
 * The preset named, or the one for custom providers of `wire` when `name` is null or `custom`; `wire` matters only
 * then. Throws `bad-configuration` for a name that is not known.
 */
export function presetFor(name: string | null, wire: Wire): Preset {
  if (name === null || name === CUSTOM_NAME) return CUSTOM[wire];
  const preset = PRESETS.get(name);
  if (preset === undefined) {
    throw new RotatoError('bad-configuration', `"${name}" is no preset; known are ${[...PRESETS.keys()].join(', ')}`);
  }
  return preset;
}

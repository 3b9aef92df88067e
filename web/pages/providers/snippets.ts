import { KEY_VARIABLE, type Snippet, type SnippetContext } from './snippet.ts';
import {
  curlGet,
  curlHeader,
  curlPost,
  pythonImports,
  pythonKey,
  quoted,
  scriptKey,
  shellWord,
  shownKey,
  single,
  vercelSnippet,
} from './snippet-writing.ts';

/** Vendors that answer a list of models elsewhere, or nowhere. */
const NO_MODEL_LIST = new Set(['github', 'perplexity']);
/** Codex speaks nothing but the Responses API, which these are known to serve. */
const SERVE_RESPONSES = new Set(['openai', 'azure', 'openrouter', 'groq', 'xai', 'ollama', 'vllm']);

/** The address to give to programs in place of the provider's own. */
export function baseUrlOf({ origin, provider }: Pick<SnippetContext, 'origin' | 'provider'>): string {
  return `${origin}/${provider}`;
}

/** In the order in which people reach for them. */
export function snippetsFor(context: SnippetContext): readonly Snippet[] {
  if (context.preset === 'cohere') return cohereSnippets(context);
  switch (context.wire) {
    case 'openai':
      return openaiSnippets(context);
    case 'anthropic':
      return anthropicSnippets(context);
    case 'gemini':
      return geminiSnippets(context);
  }
}

/**
 * What an SDK of OpenAI's takes for its base URL. It appends `/chat/completions`, so where the provider's own base URL
 * says nothing about a version, the version has to stand here.
 */
export function openaiBaseUrl(context: SnippetContext): string {
  const base = baseUrlOf(context);
  if (upstreamPath(context.upstream) !== '') return base;
  if (context.preset === 'azure') return `${base}/openai/v1`;
  return context.preset === null || context.preset === 'custom' ? `${base}/v1` : base;
}

function upstreamPath(upstream: string): string {
  return URL.canParse(upstream) ? new URL(upstream).pathname.replace(/\/+$/, '') : '';
}

function openaiSnippets(context: SnippetContext): readonly Snippet[] {
  const base = openaiBaseUrl(context);
  const bearer = curlHeader(context, (key) => `Authorization: Bearer ${key}`);
  const chat = { model: context.model, messages: [{ role: 'user', content: 'Say hello.' }] };
  const snippets: Snippet[] = [
    curlPost(context, 'curl', `${base}/chat/completions`, { headers: [bearer], body: chat }),
    ...(NO_MODEL_LIST.has(context.preset ?? '') ? [] : [curlGet(context, `${base}/models`, [bearer])]),
    {
      id: 'python',
      title: 'Python',
      language: 'python',
      needs: 'pip install openai',
      code: [
        ...pythonImports(context, 'from openai import OpenAI'),
        '',
        `client = OpenAI(base_url=${quoted(base)}, api_key=${pythonKey(context)})`,
        'reply = client.chat.completions.create(',
        `    model=${quoted(context.model)},`,
        '    messages=[{"role": "user", "content": "Say hello."}],',
        ')',
        'print(reply.choices[0].message.content)',
      ].join('\n'),
    },
    {
      id: 'javascript',
      title: 'JavaScript',
      language: 'javascript',
      needs: 'npm install openai',
      code: [
        "import OpenAI from 'openai';",
        '',
        `const client = new OpenAI({ baseURL: ${single(base)}, apiKey: ${scriptKey(context)} });`,
        'const reply = await client.chat.completions.create({',
        `  model: ${single(context.model)},`,
        "  messages: [{ role: 'user', content: 'Say hello.' }],",
        '});',
        'console.log(reply.choices[0].message.content);',
      ].join('\n'),
    },
    vercelSnippet(context, {
      needs: 'npm install ai @ai-sdk/openai-compatible',
      create: [
        "import { createOpenAICompatible } from '@ai-sdk/openai-compatible';",
        '',
        'const provider = createOpenAICompatible({',
        `  name: ${single(context.provider)},`,
        `  baseURL: ${single(base)},`,
        `  apiKey: ${scriptKey(context)},`,
        '});',
      ],
    }),
  ];
  return servesResponses(context) ? [...snippets, codexSnippet(context, base)] : snippets;
}

function servesResponses({ preset }: SnippetContext): boolean {
  return preset === null || preset === 'custom' || SERVE_RESPONSES.has(preset);
}

/** Codex overrides nothing of a provider it ships, so it is told of one with another name. */
function codexSnippet(context: SnippetContext, base: string): Snippet {
  const provider = `{ name = "rotato", base_url = ${quoted(base)}, env_key = "${KEY_VARIABLE}", wire_api = "responses" }`;
  return {
    id: 'codex',
    title: 'Codex',
    language: 'bash',
    needs: 'Codex speaks the Responses API, so the provider has to serve /responses.',
    code: [
      context.credential.kind === 'variable' ? null : `export ${KEY_VARIABLE}=${shellWord(shownKey(context))}`,
      'codex -c model_provider=rotato \\',
      `  -c ${shellWord(`model_providers.rotato=${provider}`)} \\`,
      `  -m ${shellWord(context.model)}`,
    ]
      .filter((line) => line !== null)
      .join('\n'),
  };
}

function anthropicSnippets(context: SnippetContext): readonly Snippet[] {
  const base = baseUrlOf(context);
  const headers = [curlHeader(context, (key) => `x-api-key: ${key}`), 'anthropic-version: 2023-06-01'];
  const chat = { model: context.model, max_tokens: 256, messages: [{ role: 'user', content: 'Say hello.' }] };
  return [
    curlPost(context, 'curl', `${base}/v1/messages`, { headers, body: chat }),
    curlGet(context, `${base}/v1/models`, headers),
    {
      id: 'python',
      title: 'Python',
      language: 'python',
      needs: 'pip install anthropic',
      code: [
        ...pythonImports(context, 'from anthropic import Anthropic'),
        '',
        `client = Anthropic(base_url=${quoted(base)}, api_key=${pythonKey(context)})`,
        'reply = client.messages.create(',
        `    model=${quoted(context.model)},`,
        '    max_tokens=256,',
        '    messages=[{"role": "user", "content": "Say hello."}],',
        ')',
        'print(reply.content[0].text)',
      ].join('\n'),
    },
    {
      id: 'javascript',
      title: 'JavaScript',
      language: 'javascript',
      needs: 'npm install @anthropic-ai/sdk',
      code: [
        "import Anthropic from '@anthropic-ai/sdk';",
        '',
        `const client = new Anthropic({ baseURL: ${single(base)}, apiKey: ${scriptKey(context)} });`,
        'const reply = await client.messages.create({',
        `  model: ${single(context.model)},`,
        '  max_tokens: 256,',
        "  messages: [{ role: 'user', content: 'Say hello.' }],",
        '});',
        'console.log(reply.content[0].text);',
      ].join('\n'),
    },
    vercelSnippet(context, {
      needs: 'npm install ai @ai-sdk/anthropic',
      create: [
        "import { createAnthropic } from '@ai-sdk/anthropic';",
        '',
        `const provider = createAnthropic({ baseURL: ${single(`${base}/v1`)}, apiKey: ${scriptKey(context)} });`,
      ],
    }),
    claudeCodeSnippet(context),
  ];
}

function claudeCodeSnippet(context: SnippetContext): Snippet {
  const token = context.credential.kind === 'variable' ? `"$${KEY_VARIABLE}"` : shellWord(shownKey(context));
  return {
    id: 'claude-code',
    title: 'Claude Code',
    language: 'bash',
    needs: 'A key in ANTHROPIC_API_KEY would be preferred to the token, so it is taken away.',
    code: [
      'unset ANTHROPIC_API_KEY',
      `export ANTHROPIC_BASE_URL=${shellWord(baseUrlOf(context))}`,
      `export ANTHROPIC_AUTH_TOKEN=${token}`,
      'claude',
    ].join('\n'),
  };
}

function geminiSnippets(context: SnippetContext): readonly Snippet[] {
  const base = baseUrlOf(context);
  const headers = [curlHeader(context, (key) => `x-goog-api-key: ${key}`)];
  const chat = { contents: [{ parts: [{ text: 'Say hello.' }] }] };
  const generate = `${base}/v1beta/models/${encodeURIComponent(context.model)}:generateContent`;
  return [
    curlPost(context, 'curl', generate, { headers, body: chat }),
    curlGet(context, `${base}/v1beta/models`, headers),
    {
      id: 'python',
      title: 'Python',
      language: 'python',
      needs: 'pip install google-genai',
      code: [
        ...pythonImports(context, 'from google import genai'),
        '',
        `client = genai.Client(api_key=${pythonKey(context)}, http_options={"base_url": ${quoted(base)}})`,
        `reply = client.models.generate_content(model=${quoted(context.model)}, contents="Say hello.")`,
        'print(reply.text)',
      ].join('\n'),
    },
    {
      id: 'javascript',
      title: 'JavaScript',
      language: 'javascript',
      needs: 'npm install @google/genai',
      code: [
        "import { GoogleGenAI } from '@google/genai';",
        '',
        `const client = new GoogleGenAI({ apiKey: ${scriptKey(context)}, httpOptions: { baseUrl: ${single(base)} } });`,
        `const reply = await client.models.generateContent({ model: ${single(context.model)}, contents: 'Say hello.' });`,
        'console.log(reply.text);',
      ].join('\n'),
    },
    vercelSnippet(context, {
      needs: 'npm install ai @ai-sdk/google',
      create: [
        "import { createGoogleGenerativeAI } from '@ai-sdk/google';",
        '',
        'const provider = createGoogleGenerativeAI({',
        `  baseURL: ${single(`${base}/v1beta`)},`,
        `  apiKey: ${scriptKey(context)},`,
        '});',
      ],
    }),
  ];
}

/** Cohere's own API has paths of its own, which no SDK of OpenAI's calls. */
function cohereSnippets(context: SnippetContext): readonly Snippet[] {
  const base = baseUrlOf(context);
  const bearer = curlHeader(context, (key) => `Authorization: Bearer ${key}`);
  const chat = { model: context.model, messages: [{ role: 'user', content: 'Say hello.' }] };
  return [
    curlPost(context, 'curl', `${base}/v2/chat`, { headers: [bearer], body: chat }),
    curlGet(context, `${base}/v1/models`, [bearer]),
  ];
}

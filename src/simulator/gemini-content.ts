import { type Answer, dataFrame, eventStream, type Frame, json, type StreamAnswer } from './answer.ts';
import { type Completion, complete, type Prompt, textOf, tokensIn } from './completion.ts';
import { vectorOf } from './embedding.ts';
import { type Call, type Endpoint, free, jsonBody, optionalNumber, type Plan, VendorRefusal } from './endpoint.ts';
import { requireFiles } from './file-references.ts';
import { isRecord } from './json-sample.ts';

/** `/v1beta/models/NAME:METHOD`; every version answers the same way. */
function method(name: string): RegExp {
  return new RegExp(`^/v1(?:beta|alpha)?/(?:models|tunedModels)/(?<model>[^/:]+):${name}$`);
}

export const GEMINI_CONTENT_ENDPOINTS: readonly Endpoint[] = [
  { wire: 'gemini', method: 'POST', path: method('generateContent'), plan: (call) => planContent(call, 'whole') },
  {
    wire: 'gemini',
    method: 'POST',
    path: method('streamGenerateContent'),
    plan: (call) => planContent(call, 'stream'),
  },
  { wire: 'gemini', method: 'POST', path: method('countTokens'), plan: countTokens },
  { wire: 'gemini', method: 'POST', path: method('embedContent'), plan: planEmbedding },
  { wire: 'gemini', method: 'POST', path: method('batchEmbedContents'), plan: planEmbeddings },
];

function modelOf({ params }: Call): string {
  return decodeURIComponent(params.model ?? '');
}

function countTokens(call: Call): Plan {
  const body = jsonBody(call);
  const totalTokens = tokensIn(body.contents ?? body.generateContentRequest);
  return free(() => json({ totalTokens, promptTokensDetails: [{ modality: 'TEXT', tokenCount: totalTokens }] }));
}

function planContent(call: Call, form: 'whole' | 'stream'): Plan {
  const body = jsonBody(call);
  if (!Array.isArray(body.contents)) {
    throw new VendorRefusal('bad-request', '* GenerateContentRequest.contents: contents is not specified');
  }
  requireFiles(call, body.contents);
  requireCache(call, body.cachedContent);
  const prompt = promptOf(body, body.contents);
  const completion = complete(prompt, call.vendor.nextLength());
  const { inputTokens, outputTokens } = completion;
  const charge = { model: modelOf(call), inputTokens, outputTokens, maxOutputTokens: prompt.maxOutputTokens };
  return { charge, answer: () => answerContent(call, completion, form) };
}

function requireCache({ organisation }: Call, name: unknown): void {
  if (typeof name !== 'string') return;
  const id = name.replace(/^cachedContents\//, '');
  if (organisation.find('cache', id) === null) throw new VendorRefusal('not-yours', id);
}

function promptOf(body: Record<string, unknown>, contents: readonly unknown[]): Prompt {
  const last = contents.findLast((content) => isRecord(content) && content.role !== 'model');
  const parts = isRecord(last) ? last.parts : null;
  const answered = Array.isArray(parts) && parts.some((part) => isRecord(part) && 'functionResponse' in part);
  const config = isRecord(body.generationConfig) ? body.generationConfig : {};
  const structured = config.responseMimeType === 'application/json';
  return {
    said: textOf(parts),
    inputTokens: tokensIn([contents, body.systemInstruction, body.tools]),
    maxOutputTokens: optionalNumber(config.maxOutputTokens),
    tool: answered ? null : toolOf(body.tools),
    schema: structured ? (config.responseJsonSchema ?? config.responseSchema ?? {}) : null,
  };
}

function toolOf(tools: unknown): Prompt['tool'] {
  const first: unknown = Array.isArray(tools) ? tools[0] : null;
  const declarations = isRecord(first) && Array.isArray(first.functionDeclarations) ? first.functionDeclarations : [];
  const declaration: unknown = declarations[0];
  if (!isRecord(declaration) || typeof declaration.name !== 'string') return null;
  return { name: declaration.name, schema: declaration.parametersJsonSchema ?? declaration.parameters };
}

const FINISH_REASONS = { stop: 'STOP', length: 'MAX_TOKENS', tool: 'STOP' } as const;

function answerContent(call: Call, completion: Completion, form: 'whole' | 'stream'): Answer {
  const chunks = chunksOf(call, completion, form);
  if (form === 'whole') return json(chunks[0]?.data);
  if (call.request.query.get('alt') !== 'sse') return jsonArray(chunks);
  const frames = chunks.map(({ data, tokens }) => dataFrame(data, tokens));
  // The SDK looks for an error in bare JSON, outside of any event.
  return eventStream(frames, ({ body }) => JSON.stringify(body));
}

interface Chunk {
  readonly data: Record<string, unknown>;
  readonly tokens: number;
}

/** Each chunk is a whole response of its own; the usage in it is cumulative. */
function chunksOf(call: Call, completion: Completion, form: 'whole' | 'stream'): Chunk[] {
  const { tool, pieces, finish, inputTokens } = completion;
  const model = modelOf(call);
  const responseId = call.vendor.newId('resp');
  const text = pieces.join('');
  const groups = form === 'whole' || tool !== null ? [text] : pieces.length === 0 ? [''] : pieces;
  return groups.map((piece, index) => {
    const part = tool === null ? { text: piece } : { functionCall: { name: tool, args: JSON.parse(text) } };
    const last = index === groups.length - 1;
    const candidatesTokenCount = last ? completion.outputTokens : index + 1;
    const data = {
      candidates: [
        {
          content: { parts: [part], role: 'model' },
          index: 0,
          ...(last ? { finishReason: FINISH_REASONS[finish] } : {}),
        },
      ],
      usageMetadata: {
        promptTokenCount: inputTokens,
        candidatesTokenCount,
        totalTokenCount: inputTokens + candidatesTokenCount,
        promptTokensDetails: [{ modality: 'TEXT', tokenCount: inputTokens }],
      },
      modelVersion: model,
      responseId,
    };
    return { data, tokens: groups.length === 1 ? completion.outputTokens : 1 };
  });
}

/** Without `alt=sse` the stream is one JSON array that grows. */
function jsonArray(chunks: readonly Chunk[]): StreamAnswer {
  const frames: Frame[] = chunks.map(({ data, tokens }, index) => ({
    data: `${index === 0 ? '[' : ',\r\n'}${JSON.stringify(data)}`,
    tokens,
  }));
  frames.push({ data: ']', tokens: 0 });
  const headers = { 'content-type': 'application/json; charset=UTF-8' };
  return { kind: 'stream', headers, frames, errorFrame: ({ body }) => `[${JSON.stringify(body)}]` };
}

function planEmbedding(call: Call): Plan {
  const body = jsonBody(call);
  return embeddingPlan(call, body, () => ({ embedding: embed(body) }));
}

function planEmbeddings(call: Call): Plan {
  const body = jsonBody(call);
  const requests = Array.isArray(body.requests) ? body.requests.filter(isRecord) : [];
  return embeddingPlan(call, body, () => ({ embeddings: requests.map(embed) }));
}

function embeddingPlan(call: Call, body: Record<string, unknown>, answer: () => unknown): Plan {
  const charge = { model: modelOf(call), inputTokens: tokensIn(body), outputTokens: 0, maxOutputTokens: null };
  return { charge, answer: () => json(answer()) };
}

function embed({ content, outputDimensionality, embedContentConfig }: Record<string, unknown>): { values: number[] } {
  const configured = isRecord(embedContentConfig) ? embedContentConfig.outputDimensionality : undefined;
  return { values: vectorOf(content, outputDimensionality ?? configured) };
}

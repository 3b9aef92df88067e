import { createHash } from 'node:crypto';
import { type Answer, bytes, eventFrame, eventStream, type Frame, json, type StreamAnswer } from './answer.ts';
import { piecesOf, tokensIn } from './completion.ts';
import { vectorOf } from './embedding.ts';
import { type Call, type Endpoint, jsonBody, type Plan, requiredString, VendorRefusal } from './endpoint.ts';
import { readForm, requiredFile, type UploadedPart } from './multipart.ts';

export const OPENAI_MEDIA_ENDPOINTS: readonly Endpoint[] = [
  { wire: 'openai', method: 'POST', path: /^\/v1\/embeddings$/, plan: planEmbeddings },
  { wire: 'openai', method: 'POST', path: /^\/v1\/audio\/speech$/, plan: planSpeech },
  { wire: 'openai', method: 'POST', path: /^\/v1\/audio\/transcriptions$/, plan: planTranscription },
  { wire: 'openai', method: 'POST', path: /^\/v1\/images\/generations$/, plan: planImages },
];

/** A call whose cost is its input alone. */
function inputOnly(model: string, inputTokens: number, answer: Plan['answer']): Plan {
  return { charge: { model, inputTokens, outputTokens: 0, maxOutputTokens: null }, answer };
}

function planEmbeddings(call: Call): Plan {
  const body = jsonBody(call);
  const model = requiredString(body, 'model');
  const { input } = body;
  if (input === undefined) throw new VendorRefusal('bad-request', "'input' is a required property");
  // A list of numbers is one text that was tokenised already.
  const texts = Array.isArray(input) && typeof input[0] !== 'number' ? input : [input];
  const inputTokens = tokensIn(input);
  return inputOnly(model, inputTokens, () => {
    const data = texts.map((text, index) => {
      const vector = vectorOf(text, body.dimensions);
      const embedding = body.encoding_format === 'base64' ? base64Of(vector) : vector;
      return { object: 'embedding', index, embedding };
    });
    return json({ object: 'list', data, model, usage: { prompt_tokens: inputTokens, total_tokens: inputTokens } });
  });
}

/** What the SDK asks for by default: 32-bit floats, little-endian. */
function base64Of(vector: readonly number[]): string {
  return Buffer.from(Float32Array.from(vector).buffer).toString('base64');
}

const SPEECH_BYTES = 16 * 1_024;
const SPEECH_PIECE_BYTES = 1_024;

/** Noise that depends on the text alone, sent in pieces without a length, as OpenAI sends audio. */
function planSpeech(call: Call): Plan {
  const body = jsonBody(call);
  const model = requiredString(body, 'model');
  const input = requiredString(body, 'input');
  return inputOnly(model, tokensIn(input), (): StreamAnswer => {
    const sound = createHash('shake256', { outputLength: SPEECH_BYTES }).update(input).digest();
    const frames: Frame[] = [];
    for (let at = 0; at < sound.length; at += SPEECH_PIECE_BYTES) {
      frames.push({ data: sound.subarray(at, at + SPEECH_PIECE_BYTES), tokens: 0 });
    }
    const headers = { 'content-type': 'audio/mpeg' };
    return { kind: 'stream', headers, frames, errorFrame: ({ body: error }) => JSON.stringify(error) };
  });
}

async function planTranscription(call: Call): Promise<Plan> {
  const form = await readForm(call);
  const model = form.fields.get('model');
  if (model === undefined) throw new VendorRefusal('bad-request', 'you must provide a model parameter');
  const file = requiredFile(form);
  const streamed = form.fields.get('stream') === 'true';
  const format = form.fields.get('response_format') ?? 'json';
  return inputOnly(model, Math.ceil(file.content.length / 1_000), () =>
    streamed ? streamTranscript(transcriptOf(file)) : wholeTranscript(transcriptOf(file), format),
  );
}

/** Says what arrived, so that a test can tell that every byte did. */
function transcriptOf({ content }: UploadedPart): string {
  return `${content.length} bytes, SHA-256 ${createHash('sha256').update(content).digest('hex')}`;
}

function wholeTranscript(text: string, format: string): Answer {
  if (format === 'text') return bytes(Buffer.from(`${text}\n`), 'text/plain; charset=utf-8');
  const usage = { type: 'duration', seconds: 1 };
  return json(
    format === 'verbose_json' ? { task: 'transcribe', language: 'english', duration: 1, text } : { text, usage },
  );
}

function streamTranscript(text: string): StreamAnswer {
  const deltas = piecesOf(text).map((delta) =>
    eventFrame('transcript.text.delta', { type: 'transcript.text.delta', delta }, 1),
  );
  const done = eventFrame('transcript.text.done', { type: 'transcript.text.done', text });
  return eventStream([...deltas, done], ({ body }) => `data: ${JSON.stringify(body)}\n\n`);
}

/** One grey pixel. */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';

function planImages(call: Call): Plan {
  const body = jsonBody(call);
  const prompt = requiredString(body, 'prompt');
  const model = typeof body.model === 'string' ? body.model : 'gpt-image-1';
  const count = typeof body.n === 'number' ? body.n : 1;
  return inputOnly(model, tokensIn(prompt), () =>
    json({
      created: call.vendor.nowSeconds(),
      data: Array.from({ length: count }, () => ({ b64_json: PNG })),
      usage: { input_tokens: tokensIn(prompt), output_tokens: 0, total_tokens: tokensIn(prompt) },
    }),
  );
}

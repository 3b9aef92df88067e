import { type Answer, dataFrame, eventStream, type Frame, json } from './answer.ts';
import { type Completion, complete, type Prompt, textOf, tokensIn } from './completion.ts';
import {
  type Call,
  type Endpoint,
  free,
  jsonBody,
  optionalNumber,
  type Plan,
  requiredString,
  type Vendor,
  VendorRefusal,
} from './endpoint.ts';
import { requireFiles } from './file-references.ts';
import { isRecord } from './json-sample.ts';

export const OPENAI_CHAT_ENDPOINTS: readonly Endpoint[] = [
  { wire: 'openai', method: 'POST', path: /^\/v1\/chat\/completions$/, plan: planChat },
  { wire: 'openai', method: 'GET', path: /^\/v1\/models$/, plan: listModels },
  { wire: 'openai', method: 'GET', path: /^\/v1\/models\/(?<model>.+)$/, plan: showModel },
];

function listModels({ vendor }: Call): Plan {
  return free(() => json({ object: 'list', data: vendor.models.map(modelView) }));
}

function showModel({ vendor, params }: Call): Plan {
  const model = decodeURIComponent(params.model ?? '');
  if (!vendor.models.includes(model)) throw new VendorRefusal('not-found', `The model '${model}' does not exist`);
  return free(() => json(modelView(model)));
}

function modelView(id: string): Record<string, unknown> {
  return { id, object: 'model', created: 1_700_000_000, owned_by: 'simulator' };
}

function planChat(call: Call): Plan {
  const body = jsonBody(call);
  const model = requiredString(body, 'model');
  if (!Array.isArray(body.messages)) throw new VendorRefusal('bad-request', "Missing required parameter: 'messages'.");
  requireFiles(call, body.messages);
  const prompt = promptOf(body, body.messages);
  const completion = complete(prompt, call.vendor.nextLength());
  const charge = {
    model,
    inputTokens: completion.inputTokens,
    outputTokens: completion.outputTokens,
    maxOutputTokens: prompt.maxOutputTokens,
  };
  return { charge, answer: () => answerChat(call.vendor, body, completion) };
}

function promptOf(body: Record<string, unknown>, messages: readonly unknown[]): Prompt {
  const last = messages.at(-1);
  const lastUser = messages.filter((message) => isRecord(message) && message.role === 'user').at(-1);
  const offers = Array.isArray(body.tools) ? body.tools : [];
  const answered = isRecord(last) && last.role === 'tool';
  const format = isRecord(body.response_format) ? body.response_format : {};
  return {
    said: isRecord(lastUser) ? textOf(lastUser.content) : '',
    inputTokens: tokensIn([messages, offers]),
    maxOutputTokens: optionalNumber(body.max_completion_tokens) ?? optionalNumber(body.max_tokens),
    tool: answered || body.tool_choice === 'none' ? null : toolOf(offers[0]),
    schema: format.type === 'json_object' ? {} : isRecord(format.json_schema) ? format.json_schema.schema : null,
  };
}

function toolOf(offer: unknown): Prompt['tool'] {
  if (!isRecord(offer) || !isRecord(offer.function) || typeof offer.function.name !== 'string') return null;
  return { name: offer.function.name, schema: offer.function.parameters };
}

const FINISH_REASONS = { stop: 'stop', length: 'length', tool: 'tool_calls' } as const;

function answerChat(vendor: Vendor, body: Record<string, unknown>, completion: Completion): Answer {
  const id = vendor.newId('chatcmpl-');
  const head = { id, created: vendor.nowSeconds(), model: body.model, service_tier: 'default' };
  const usage = usageOf(completion);
  if (body.stream === true) {
    const includeUsage = isRecord(body.stream_options) && body.stream_options.include_usage === true;
    const frames = chatFrames(head, completion, vendor.newId('call_'), includeUsage ? usage : null);
    return eventStream(frames, ({ body: error }) => `data: ${JSON.stringify(error)}\n\n`);
  }
  const text = completion.pieces.join('');
  const message =
    completion.tool === null
      ? { role: 'assistant', content: text, refusal: null, annotations: [] }
      : { role: 'assistant', content: null, refusal: null, tool_calls: [toolCall(completion.tool, text, vendor)] };
  const choice = { index: 0, message, logprobs: null, finish_reason: FINISH_REASONS[completion.finish] };
  return json({ ...head, object: 'chat.completion', choices: [choice], usage });
}

function toolCall(name: string, text: string, vendor: Vendor): Record<string, unknown> {
  return { id: vendor.newId('call_'), type: 'function', function: { name, arguments: text } };
}

function usageOf({ inputTokens, outputTokens }: Completion): Record<string, unknown> {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
  };
}

/** With usage asked for, every chunk says `usage: null` but the last, which has no choices. */
function chatFrames(
  head: Record<string, unknown>,
  completion: Completion,
  callId: string,
  usage: Record<string, unknown> | null,
): Frame[] {
  const chunk = (delta: unknown, finish: string | null, tokens = 0): Frame =>
    dataFrame(
      {
        ...head,
        object: 'chat.completion.chunk',
        choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
        ...(usage === null ? {} : { usage: null }),
      },
      tokens,
    );
  const { tool, pieces } = completion;
  const opening =
    tool === null
      ? { role: 'assistant', content: '', refusal: null }
      : {
          role: 'assistant',
          content: null,
          tool_calls: [{ index: 0, id: callId, type: 'function', function: { name: tool, arguments: '' } }],
        };
  const delta = (piece: string) =>
    tool === null ? { content: piece } : { tool_calls: [{ index: 0, function: { arguments: piece } }] };
  return [
    chunk(opening, null),
    ...pieces.map((piece) => chunk(delta(piece), null, 1)),
    chunk({}, FINISH_REASONS[completion.finish]),
    ...(usage === null ? [] : [dataFrame({ ...head, object: 'chat.completion.chunk', choices: [], usage })]),
    { data: 'data: [DONE]\n\n', tokens: 0 },
  ];
}

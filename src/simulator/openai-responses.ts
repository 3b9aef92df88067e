import { type Answer, eventFrame, eventStream, type Frame, json } from './answer.ts';
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
import type { Organisation, StoredObject } from './organisation.ts';

export const OPENAI_RESPONSES_ENDPOINTS: readonly Endpoint[] = [
  { wire: 'openai', method: 'POST', path: /^\/v1\/responses$/, plan: planResponse },
  { wire: 'openai', method: 'GET', path: /^\/v1\/responses\/(?<id>[^/]+)$/, plan: showResponse },
  { wire: 'openai', method: 'DELETE', path: /^\/v1\/responses\/(?<id>[^/]+)$/, plan: deleteResponse },
  { wire: 'openai', method: 'GET', path: /^\/v1\/responses\/(?<id>[^/]+)\/input_items$/, plan: listInput },
];

function planResponse(call: Call): Plan {
  const { vendor, organisation } = call;
  const body = jsonBody(call);
  const model = requiredString(body, 'model');
  const previous = body.previous_response_id;
  if (typeof previous === 'string' && organisation.find('response', previous) === null) {
    throw new VendorRefusal('bad-request', `Previous response with id '${previous}' not found.`);
  }
  requireFiles(call, body.input);
  const prompt = promptOf(body);
  const completion = complete(prompt, vendor.nextLength());
  const { inputTokens, outputTokens } = completion;
  return {
    charge: { model, inputTokens, outputTokens, maxOutputTokens: prompt.maxOutputTokens },
    answer: () => answerResponse({ vendor, organisation, body }, completion),
  };
}

function promptOf(body: Record<string, unknown>): Prompt {
  const items = Array.isArray(body.input) ? body.input.filter(isRecord) : [];
  const lastUser = items.findLast(({ role }) => role === 'user');
  const offer = Array.isArray(body.tools)
    ? body.tools.find((tool) => isRecord(tool) && tool.type === 'function')
    : null;
  const answered = items.at(-1)?.type === 'function_call_output';
  const format = isRecord(body.text) && isRecord(body.text.format) ? body.text.format : {};
  const callable = !answered && body.tool_choice !== 'none' && isRecord(offer) && typeof offer.name === 'string';
  return {
    said: typeof body.input === 'string' ? body.input : textOf(lastUser?.content),
    inputTokens: tokensIn([body.input, body.instructions, body.tools]),
    maxOutputTokens: optionalNumber(body.max_output_tokens),
    tool: callable ? { name: String(offer.name), schema: offer.parameters } : null,
    schema: format.type === 'json_object' ? {} : (format.schema ?? null),
  };
}

interface ResponseCall {
  readonly vendor: Vendor;
  readonly organisation: Organisation;
  readonly body: Record<string, unknown>;
}

function answerResponse({ vendor, organisation, body }: ResponseCall, completion: Completion): Answer {
  const item = outputItem(vendor, completion);
  const base = responseBase(vendor.newId('resp_'), vendor.nowSeconds(), body);
  const done = finished(base, item, completion);
  if (body.store !== false) {
    const content = Buffer.from(JSON.stringify(body.input ?? null));
    organisation.put('response', { id: base.id, view: done, content });
  }
  if (body.stream !== true) return json(done);
  return eventStream(responseFrames(base, item, done, completion), ({ body: error }) => {
    const detail = isRecord(error) && isRecord(error.error) ? error.error : {};
    const data = { type: 'error', code: detail.code ?? null, message: detail.message, param: null, sequence_number: 0 };
    return eventFrame('error', data).data.toString();
  });
}

interface ResponseBase {
  readonly id: string;
  readonly [field: string]: unknown;
}

function responseBase(id: string, createdAt: number, body: Record<string, unknown>): ResponseBase {
  return {
    id,
    object: 'response',
    created_at: createdAt,
    error: null,
    incomplete_details: null,
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    metadata: body.metadata ?? {},
    model: body.model,
    parallel_tool_calls: true,
    previous_response_id: body.previous_response_id ?? null,
    reasoning: { effort: null, summary: null },
    store: body.store !== false,
    temperature: 1,
    text: body.text ?? { format: { type: 'text' } },
    tool_choice: body.tool_choice ?? 'auto',
    tools: body.tools ?? [],
    top_p: 1,
    truncation: 'disabled',
    user: null,
  };
}

type OutputItem = Record<string, unknown> & { readonly id: string };

function outputItem(vendor: Vendor, { tool, pieces }: Completion): OutputItem {
  const text = pieces.join('');
  if (tool !== null) {
    const call_id = vendor.newId('call_');
    return {
      id: vendor.newId('fc_'),
      type: 'function_call',
      status: 'completed',
      name: tool,
      call_id,
      arguments: text,
    };
  }
  return {
    id: vendor.newId('msg_'),
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content: [textPart(text)],
  };
}

function textPart(text: string): Record<string, unknown> {
  return { type: 'output_text', text, annotations: [], logprobs: [] };
}

function finished(base: ResponseBase, item: OutputItem, completion: Completion): Record<string, unknown> {
  const { inputTokens, outputTokens, finish } = completion;
  return {
    ...base,
    status: finish === 'length' ? 'incomplete' : 'completed',
    incomplete_details: finish === 'length' ? { reason: 'max_output_tokens' } : null,
    output: [item],
    usage: {
      input_tokens: inputTokens,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: outputTokens,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: inputTokens + outputTokens,
    },
  };
}

/** The typed events in the order OpenAI sends them; there is no `[DONE]`. */
function responseFrames(
  base: ResponseBase,
  item: OutputItem,
  done: Record<string, unknown>,
  completion: Completion,
): Frame[] {
  const running = { ...base, status: 'in_progress', output: [], usage: null };
  const opening =
    completion.tool === null ? { ...item, status: 'in_progress', content: [] } : { ...item, arguments: '' };
  const last = completion.finish === 'length' ? 'response.incomplete' : 'response.completed';
  const events: readonly TypedEvent[] = [
    { type: 'response.created', fields: { response: running } },
    { type: 'response.in_progress', fields: { response: running } },
    { type: 'response.output_item.added', fields: { output_index: 0, item: opening } },
    ...contentEvents(item.id, completion),
    { type: 'response.output_item.done', fields: { output_index: 0, item } },
    { type: last, fields: { response: done } },
  ];
  return events.map(({ type, fields, tokens }, sequence_number) =>
    eventFrame(type, { type, sequence_number, ...fields }, tokens),
  );
}

interface TypedEvent {
  readonly type: string;
  readonly fields: Record<string, unknown>;
  readonly tokens?: number;
}

function contentEvents(item_id: string, { tool, pieces }: Completion): TypedEvent[] {
  const text = pieces.join('');
  const item = { item_id, output_index: 0 };
  if (tool !== null) {
    return [
      ...pieces.map((delta) => ({
        type: 'response.function_call_arguments.delta',
        fields: { ...item, delta },
        tokens: 1,
      })),
      { type: 'response.function_call_arguments.done', fields: { ...item, name: tool, arguments: text } },
    ];
  }
  const part = { ...item, content_index: 0 };
  return [
    { type: 'response.content_part.added', fields: { ...part, part: textPart('') } },
    ...pieces.map((delta) => ({
      type: 'response.output_text.delta',
      fields: { ...part, delta, logprobs: [] },
      tokens: 1,
    })),
    { type: 'response.output_text.done', fields: { ...part, text, logprobs: [] } },
    { type: 'response.content_part.done', fields: { ...part, part: textPart(text) } },
  ];
}

function stored({ organisation, params }: Call): StoredObject {
  const id = decodeURIComponent(params.id ?? '');
  const found = organisation.find('response', id);
  if (found === null) throw new VendorRefusal('not-yours', `Response with id '${id}' not found.`);
  return found;
}

function showResponse(call: Call): Plan {
  const { view } = stored(call);
  return free(() => json(view));
}

function deleteResponse(call: Call): Plan {
  const { id } = stored(call);
  return free(() => {
    call.organisation.delete('response', id);
    return json({ id, object: 'response', deleted: true });
  });
}

function listInput(call: Call): Plan {
  const { content } = stored(call);
  const input: unknown = JSON.parse(content.toString('utf8'));
  const given = Array.isArray(input) ? input : [{ role: 'user', content: [{ type: 'input_text', text: input }] }];
  const data = given.filter(isRecord).map((item, at) => ({ id: `msg_input_${at}`, type: 'message', ...item }));
  return free(() => json({ object: 'list', data, has_more: false, first_id: null, last_id: null }));
}

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

export const ANTHROPIC_MESSAGES_ENDPOINTS: readonly Endpoint[] = [
  { wire: 'anthropic', method: 'POST', path: /^\/v1\/messages$/, plan: planMessage },
  { wire: 'anthropic', method: 'POST', path: /^\/v1\/messages\/count_tokens$/, plan: countTokens },
];

function countTokens(call: Call): Plan {
  const body = jsonBody(call);
  return free(() => json({ input_tokens: inputTokensOf(body) }));
}

function inputTokensOf(body: Record<string, unknown>): number {
  return tokensIn([body.system, body.messages, body.tools]);
}

function planMessage(call: Call): Plan {
  const body = jsonBody(call);
  const model = requiredString(body, 'model');
  if (!Array.isArray(body.messages)) throw new VendorRefusal('bad-request', 'messages: Field required');
  const maxOutputTokens = optionalNumber(body.max_tokens);
  if (maxOutputTokens === null) throw new VendorRefusal('bad-request', 'max_tokens: Field required');
  requireFiles(call, body.messages);
  const completion = complete(promptOf(body, body.messages, maxOutputTokens), call.vendor.nextLength());
  const { inputTokens, outputTokens } = completion;
  return {
    charge: { model, inputTokens, outputTokens, maxOutputTokens },
    answer: () => answerMessage(call.vendor, body, completion),
  };
}

function promptOf(body: Record<string, unknown>, messages: readonly unknown[], maxOutputTokens: number): Prompt {
  const lastUser = messages.findLast((message) => isRecord(message) && message.role === 'user');
  const content = isRecord(lastUser) ? lastUser.content : null;
  const answered = Array.isArray(content) && content.some((part) => isRecord(part) && part.type === 'tool_result');
  const offer = Array.isArray(body.tools) ? body.tools[0] : null;
  const choice = isRecord(body.tool_choice) ? body.tool_choice.type : 'auto';
  const callable = !answered && choice !== 'none' && isRecord(offer) && typeof offer.name === 'string';
  return {
    said: textOf(content),
    inputTokens: inputTokensOf(body),
    maxOutputTokens,
    tool: callable ? { name: String(offer.name), schema: offer.input_schema } : null,
    schema: null,
  };
}

const STOP_REASONS = { stop: 'end_turn', length: 'max_tokens', tool: 'tool_use' } as const;

function answerMessage(vendor: Vendor, body: Record<string, unknown>, completion: Completion): Answer {
  const { tool, pieces, inputTokens, outputTokens, finish } = completion;
  const toolId = vendor.newId('toolu_');
  const head = { id: vendor.newId('msg_'), type: 'message', role: 'assistant', model: body.model, stop_sequence: null };
  const usage = {
    input_tokens: inputTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    output_tokens: outputTokens,
    service_tier: 'standard',
  };
  if (body.stream === true) {
    const opening = { ...head, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } };
    return eventStream(messageFrames(opening, completion, toolId), ({ body: error }) =>
      eventFrame('error', error).data.toString(),
    );
  }
  const text = pieces.join('');
  const block =
    tool === null ? { type: 'text', text } : { type: 'tool_use', id: toolId, name: tool, input: JSON.parse(text) };
  return json({ ...head, content: [block], stop_reason: STOP_REASONS[finish], usage });
}

/** The events in Anthropic's order, a ping among them; the last usage is cumulative. */
function messageFrames(opening: Record<string, unknown>, completion: Completion, toolId: string): Frame[] {
  const { tool, pieces, finish, outputTokens } = completion;
  const frame = (type: string, fields: Record<string, unknown>, tokens = 0): Frame =>
    eventFrame(type, { type, ...fields }, tokens);
  const block = tool === null ? { type: 'text', text: '' } : { type: 'tool_use', id: toolId, name: tool, input: {} };
  const delta = (piece: string) =>
    tool === null ? { type: 'text_delta', text: piece } : { type: 'input_json_delta', partial_json: piece };
  return [
    frame('message_start', { message: opening }),
    frame('content_block_start', { index: 0, content_block: block }),
    frame('ping', {}),
    ...pieces.map((piece) => frame('content_block_delta', { index: 0, delta: delta(piece) }, 1)),
    frame('content_block_stop', { index: 0 }),
    frame('message_delta', {
      delta: { stop_reason: STOP_REASONS[finish], stop_sequence: null },
      usage: { output_tokens: outputTokens },
    }),
    frame('message_stop', {}),
  ];
}

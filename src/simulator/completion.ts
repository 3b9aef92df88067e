import { isRecord, sampleOf } from './json-sample.ts';

/** What a model would be given, whatever the wire. */
export interface Prompt {
  /** The last thing the user said. */
  readonly said: string;
  readonly inputTokens: number;
  readonly maxOutputTokens: number | null;
  /** The tool to call; null when none is offered, or when its result is already there. */
  readonly tool: ToolOffer | null;
  /** The answer must be JSON of this shape. */
  readonly schema: unknown;
}

export interface ToolOffer {
  readonly name: string;
  readonly schema: unknown;
}

export interface Completion {
  /** The text, or a tool call's arguments, in pieces of one token each. */
  readonly pieces: readonly string[];
  readonly tool: string | null;
  readonly finish: 'stop' | 'length' | 'tool';
  readonly inputTokens: number;
  readonly outputTokens: number;
}

const CHARACTERS_A_TOKEN = 4;
const FILLER = 'Simulated text. ';
const DEEPEST = 64;

/** Answers with `length` tokens; null answers with what was said, so that a test can recognise its own words. */
export function complete(prompt: Prompt, length: number | null): Completion {
  const pieces = piecesOf(answerText(prompt, length));
  const { maxOutputTokens, inputTokens, tool } = prompt;
  // A tool call that is cut off would not parse, so only text obeys the maximum.
  const cut = tool === null && maxOutputTokens !== null && pieces.length > maxOutputTokens;
  const kept = cut ? pieces.slice(0, maxOutputTokens) : pieces;
  return {
    pieces: kept,
    tool: tool?.name ?? null,
    finish: tool !== null ? 'tool' : cut ? 'length' : 'stop',
    inputTokens,
    outputTokens: kept.length,
  };
}

function answerText({ said, tool, schema }: Prompt, length: number | null): string {
  if (tool !== null) return JSON.stringify(sampleOf(tool.schema) ?? {});
  if (schema !== undefined && schema !== null) return JSON.stringify(sampleOf(schema) ?? {});
  if (length === null) return `You said: ${said}`;
  const characters = Math.max(1, Math.round(length)) * CHARACTERS_A_TOKEN;
  return FILLER.repeat(Math.ceil(characters / FILLER.length)).slice(0, characters);
}

/** By code point, so that no character is torn. */
export function piecesOf(text: string): string[] {
  const characters = Array.from(text);
  const pieces: string[] = [];
  for (let at = 0; at < characters.length; at += CHARACTERS_A_TOKEN) {
    pieces.push(characters.slice(at, at + CHARACTERS_A_TOKEN).join(''));
  }
  return pieces;
}

/** The simulated tokeniser: four characters of any string in it make a token, and nothing is free. */
export function tokensIn(value: unknown): number {
  return Math.max(1, Math.ceil(charactersIn(value, 0) / CHARACTERS_A_TOKEN));
}

function charactersIn(value: unknown, depth: number): number {
  if (typeof value === 'string') return value.startsWith('data:') ? 0 : value.length;
  if (depth > DEEPEST) return 0;
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + charactersIn(item, depth + 1), 0);
  if (!isRecord(value)) return 0;
  return Object.values(value).reduce<number>((sum, item) => sum + charactersIn(item, depth + 1), 0);
}

/** The text of a message's content: a string, or a list of parts of which some carry text. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part) => (isRecord(part) && typeof part.text === 'string' ? part.text : ''))
    .filter((text) => text !== '')
    .join(' ');
}

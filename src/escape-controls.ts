/**
 * Nothing in a log line may move a terminal's cursor, end the line, or reorder the text around it: C0 and C1 controls,
 * line separators, and bidirectional overrides become `\uXXXX`.
 */
export function escapeControls(line: string): string {
  return line.replace(CONTROLS, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is what it is for.
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

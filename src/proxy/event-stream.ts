/** The first server-sent event of a stream that carries data. */
export interface FirstEvent {
  readonly event: string | null;
  readonly data: string;
}

/** An empty line: two line ends in a row, of which a CR LF is one. */
const END_OF_EVENT = /(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r)/;

/**
 * Reads the first event with data from the beginning of a stream; null while it is not complete. Comments and events
 * without data (keep-alives) are skipped, as the standard says. Gemini reports an error as bare JSON where an event
 * should be, which is then the data.
 */
export function readFirstEvent(beginning: string): FirstEvent | null {
  let rest = beginning.startsWith('\uFEFF') ? beginning.slice(1) : beginning;
  for (let end = END_OF_EVENT.exec(rest); end !== null; end = END_OF_EVENT.exec(rest)) {
    const event = readEvent(rest.slice(0, end.index));
    if (event !== null) return event;
    rest = rest.slice(end.index + end[0].length);
  }
  return isWholeJson(rest) ? { event: null, data: rest.trim() } : null;
}

function readEvent(block: string): FirstEvent | null {
  if (block.trimStart().startsWith('{')) return { event: null, data: block.trim() };
  let event: string | null = null;
  const data: string[] = [];
  for (const line of block.split(/\r\n|\n|\r/)) {
    if (line.startsWith('data:')) data.push(line.slice('data:'.length).replace(/^ /, ''));
    else if (line.startsWith('event:')) event = line.slice('event:'.length).trim();
  }
  return data.length === 0 ? null : { event, data: data.join('\n') };
}

function isWholeJson(text: string): boolean {
  if (!text.trimStart().startsWith('{')) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    // More of it is on its way.
    return false;
  }
}

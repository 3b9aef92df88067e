/** The first server-sent event of a stream that carries data. */
export interface FirstEvent {
  readonly event: string | null;
  readonly data: string;
}

const END_OF_EVENT = /\r\n\r\n|\n\n|\r\r/;

/**
 * Reads the first event with data from the beginning of a stream; null while it is not complete. Comments and events
 * without data (keep-alives) are skipped, as the standard says.
 */
export function readFirstEvent(beginning: string): FirstEvent | null {
  let rest = beginning.startsWith('\uFEFF') ? beginning.slice(1) : beginning;
  for (let end = END_OF_EVENT.exec(rest); end !== null; end = END_OF_EVENT.exec(rest)) {
    const event = readEvent(rest.slice(0, end.index));
    if (event !== null) return event;
    rest = rest.slice(end.index + end[0].length);
  }
  // Gemini reports an error as bare JSON where an event should be.
  return rest.trimStart().startsWith('{') ? { event: null, data: rest.trim() } : null;
}

function readEvent(block: string): FirstEvent | null {
  let event: string | null = null;
  const data: string[] = [];
  for (const line of block.split(/\r\n|\n|\r/)) {
    if (line.startsWith('data:')) data.push(line.slice('data:'.length).replace(/^ /, ''));
    else if (line.startsWith('event:')) event = line.slice('event:'.length).trim();
    else if (line.startsWith('{')) data.push(line);
  }
  return data.length === 0 ? null : { event, data: data.join('\n') };
}

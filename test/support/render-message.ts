/** A message framed by the length of its body. */
export interface MessageParts {
  /** Flat names and values, as they are to stand on the wire; `content-length` is added. */
  readonly headers?: readonly string[];
  readonly body?: Buffer | string;
}

export interface ResponseParts extends MessageParts {
  readonly status?: number;
  readonly reason?: string;
}

export function renderResponse({ status = 200, reason = 'OK', headers = [], body = '' }: ResponseParts): Buffer {
  const bytes = Buffer.from(body);
  const framed = [...headers, 'content-length', String(bytes.length)];
  return Buffer.concat([renderHead(`HTTP/1.1 ${status} ${reason}`, framed), bytes]);
}

export interface RequestParts extends MessageParts {
  readonly method?: string;
  readonly target?: string;
  /** Null leaves the header out. */
  readonly host?: string | null;
}

export function renderRequest(parts: RequestParts): Buffer {
  const { method = 'POST', target = '/openai/chat/completions', host = 'localhost', headers = [], body } = parts;
  const bytes = Buffer.from(body ?? '');
  const named = host === null ? [...headers] : ['host', host, ...headers];
  const framed = body === undefined ? named : [...named, 'content-length', String(bytes.length)];
  return Buffer.concat([renderHead(`${method} ${target} HTTP/1.1`, framed), bytes]);
}

export function renderHead(startLine: string, headers: readonly string[]): Buffer {
  let head = `${startLine}\r\n`;
  for (let at = 0; at < headers.length; at += 2) head += `${headers[at]}: ${headers[at + 1]}\r\n`;
  return Buffer.from(`${head}\r\n`, 'latin1');
}

/** One chunk of `transfer-encoding: chunked`. */
export function chunk(body: Buffer | string): Buffer {
  const bytes = Buffer.from(body);
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
}

export const LAST_CHUNK = '0\r\n\r\n';

/**
 * A base URL, taken apart once when the configuration is read, so that no request path ever goes through a URL
 * parser: paths are joined byte for byte.
 */
export interface UpstreamUrl {
  readonly protocol: 'http:' | 'https:';
  /** Lower case, without brackets for IPv6. */
  readonly hostname: string;
  readonly port: number;
  /** `https://host` or `https://host:port`, as a dispatcher wants it. */
  readonly origin: string;
  /** What the `Host` header says. */
  readonly host: string;
  /** Starts with `/` or is empty; never ends with `/`. */
  readonly path: string;
}

/** Returns the parts, or a sentence that says what is wrong. */
export function parseUpstreamUrl(text: string): UpstreamUrl | string {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return `"${text}" is not a URL; write it like https://api.openai.com/v1`;
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return `the scheme must be http or https, not ${url.protocol.slice(0, -1)}`;
  }
  if (url.username !== '' || url.password !== '') return 'it must not carry a user name or password';
  if (text.includes('#')) return 'it must not carry a fragment (#…)';
  if (text.includes('?')) return 'it must not carry a query (?…)';
  return {
    protocol: url.protocol,
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port),
    origin: url.origin,
    host: url.host,
    path: url.pathname.replace(/\/+$/, ''),
  };
}

import type { AnswerOf, BodyOf, Problem, QueryOf, Route } from '../../src/admin/contract.ts';
import { ENDPOINTS, problem } from '../../src/admin/contract.ts';

export interface CallOptions<Name extends Route> {
  /** Takes the place of `{id}` in the path. */
  readonly id?: string;
  readonly body?: BodyOf<Name> | unknown;
  readonly query?: QueryOf<Name>;
  /** Of what is edited; sent as If-Match. */
  readonly version?: number | null;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Calls the admin API as the panel does, and holds every answer to the contract: nothing missing, nothing more. */
export class AdminClient {
  readonly #url: string;
  readonly #headers: Record<string, string> = {};
  /** Every answer but those of an export, for finding keys in them. */
  readonly answers: string[] = [];

  /** `url` is rotato's own. */
  constructor(url: string) {
    this.#url = `${url}/admin/api`;
  }

  /** Throws unless that is the password. */
  async signIn(password: string): Promise<this> {
    const { status, headers, text } = await this.send('POST /session', { body: { password } });
    if (status !== 200) throw new Error(text);
    this.#headers.cookie = (headers.get('set-cookie') as string).split(';', 1)[0] as string;
    return this;
  }

  withToken(secret: string): this {
    this.#headers.authorization = `Bearer ${secret}`;
    return this;
  }

  get credentials(): Readonly<Record<string, string>> {
    return this.#headers;
  }

  /** What a success answers; throws for anything else. */
  async call<Name extends Route>(route: Name, options: CallOptions<Name> = {}): Promise<AnswerOf<Name>> {
    const { status, text } = await this.send(route, options);
    if (status >= 300) throw new Error(`${route} answered ${status}: ${text}`);
    const { answer } = ENDPOINTS[route];
    return (answer === null ? undefined : answer.parse(JSON.parse(text))) as AnswerOf<Name>;
  }

  /** The problem that a refusal answers; throws when there is none. */
  async refusal<Name extends Route>(route: Name, options: CallOptions<Name> = {}): Promise<Problem> {
    const { status, headers, text } = await this.send(route, options);
    if (status < 400) throw new Error(`${route} answered ${status}: ${text}`);
    if (headers.get('content-type') !== 'application/problem+json')
      throw new Error(`${route} answered no problem: ${text}`);
    const parsed = problem.parse(JSON.parse(text));
    if (parsed.status !== status) throw new Error(`${route} answered ${status} with a problem of ${parsed.status}`);
    return parsed;
  }

  async send<Name extends Route>(route: Name, options: CallOptions<Name> = {}): Promise<Answered> {
    const { id = '', body, query = {}, version, headers = {} } = options;
    const [method = '', template = ''] = route.split(' ');
    const path = template.replace('{id}', encodeURIComponent(id));
    const search = new URLSearchParams(query as Record<string, string>).toString();
    const reply = await fetch(`${this.#url}${path}${search === '' ? '' : `?${search}`}`, {
      method,
      headers: {
        ...this.#headers,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(version !== undefined && version !== null && { 'if-match': `"${version}"` }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await reply.text();
    if (route !== 'POST /export') this.answers.push(text);
    return { status: reply.status, headers: reply.headers, text };
  }
}

import type { IncomingMessage } from 'node:http';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { createRoute, OpenAPIHono, type RouteConfig, z } from '@hono/zod-openapi';
import { HTTPException } from 'hono/http-exception';
import { methodNotAllowed } from 'hono/method-not-allowed';
import { RotatoError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Handler, Handlers } from './call.ts';
import { type AdminContext, type AdminEnvironment, identifyCaller } from './caller.ts';
import { ENDPOINTS, EVENT_SCHEMAS, problem, type Route } from './contract.ts';
import { keyRoutes } from './key-routes.ts';
import { liveRoutes } from './live-routes.ts';
import { PROBLEM_TYPE, renderProblem } from './problem.ts';
import { providerRoutes } from './provider-routes.ts';
import { readBody } from './read-body.ts';
import { checkContentType, entityTag, inputError, readIfMatch } from './request-checks.ts';
import { SECURITY_HEADERS } from './security-headers.ts';
import { type SessionParts, sessionRoutes } from './session-routes.ts';
import { settingsRoutes } from './settings-routes.ts';

export const API_PATH = '/admin/api';

/** Whoever has not signed in has little to say. */
const LARGEST_SIGN_IN_BYTES = 16 * 1024;
/** Holds an export of 20,000 keys with all their settings. */
const LARGEST_BODY_BYTES = 32 * 1024 * 1024;

export interface ApiParts extends SessionParts {
  readonly log: Log;
  /** Of rotato, for the document. */
  readonly version: string;
}

type AdminApp = OpenAPIHono<AdminEnvironment>;
/** Paths for those who have not signed in, as Hono matches them. */
type OpenRoutes = ReadonlySet<string>;

/** The JSON API: every route of the contract, and the two that do not answer with JSON of their own. */
export function createApi(parts: ApiParts): AdminApp {
  const { operator, live } = parts;
  const app: AdminApp = new OpenAPIHono<AdminEnvironment>({
    defaultHook(result) {
      if (!result.success) throw inputError(result.error);
    },
  });
  app.onError((error, context) => answerProblem(context, fromHono(error), parts.log));
  app.notFound((context) => answerProblem(context, new RotatoError('not-found', 'The admin API has no such path.')));
  app.use(guard(parts, openRoutes()));
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed(context, methods) {
        context.header('allow', methods.join(', '));
        const message = `This path takes ${methods.join(', ')}.`;
        return answerProblem(context as AdminContext, new RotatoError('method-not-allowed', message));
      },
    }),
  );
  const handlers: Handlers = {
    ...sessionRoutes(parts),
    ...providerRoutes(operator),
    ...keyRoutes(operator, live),
    ...settingsRoutes(parts),
    ...liveRoutes(operator),
  };
  for (const route of Object.keys(ENDPOINTS) as Route[]) addRoute(app, route, handlers[route] as Handler<Route>);
  addEvents(app, parts);
  addDocument(app, parts.version);
  return app;
}

/** Stands before every route, and before what is none: who is not let through here gets no further. */
function guard({ operator, clock }: ApiParts, open: OpenRoutes) {
  return async (context: AdminContext, next: () => Promise<void>) => {
    const isOpen = open.has(`${context.req.method} ${context.req.path}`);
    if (!isOpen) context.set('caller', identifyCaller(context, operator));
    checkContentType(context);
    const incoming: IncomingMessage & { rawBody?: Buffer } = context.env.incoming;
    // Where the adapter looks for a body before it would read one itself, without a limit.
    incoming.rawBody = await readBody(incoming, isOpen ? LARGEST_SIGN_IN_BYTES : LARGEST_BODY_BYTES, clock);
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) context.header(name, value);
    await next();
  };
}

function openRoutes(): OpenRoutes {
  const open = Object.entries(ENDPOINTS).filter(([, endpoint]) => 'open' in endpoint);
  return new Set(open.map(([route]) => route.replace(' ', ` ${API_PATH}`)));
}

/** The methods and shapes are the contract's, so what the handler is given is what it was declared to take. */
function addRoute(app: AdminApp, route: Route, handler: Handler<Route>): void {
  const endpoint: (typeof ENDPOINTS)[Route] = ENDPOINTS[route];
  app.openapi(createRoute(describeRoute(route)), async (context) => {
    const { req } = context;
    const answer: unknown = await handler({
      body: 'body' in endpoint ? req.valid('json' as never) : undefined,
      query: 'query' in endpoint ? req.valid('query' as never) : undefined,
      id: req.param('id') ?? '',
      version: readIfMatch(context),
      context,
    } as never);
    if (endpoint.answer === null) return context.body(null, 204);
    const version = 'versioned' in endpoint ? versionOf(answer) : null;
    if (version !== null) context.header('etag', entityTag(version));
    return context.json(answer as object, 200);
  });
}

function versionOf(answer: unknown): number | null {
  const { version, storedVersion } = answer as { version?: unknown; storedVersion?: unknown };
  if (typeof storedVersion === 'number') return storedVersion;
  return typeof version === 'number' ? version : null;
}

function describeRoute(route: Route): RouteConfig {
  const [method = '', path = ''] = route.split(' ');
  const endpoint: (typeof ENDPOINTS)[Route] = ENDPOINTS[route];
  const open = 'open' in endpoint;
  return {
    method: method.toLowerCase() as 'get',
    path: API_PATH + path,
    summary: endpoint.summary,
    tags: [path.split('/')[1] ?? ''],
    ...(open && { security: [] }),
    request: {
      ...(path.includes('{id}') && { params: z.object({ id: z.string() }) }),
      ...('query' in endpoint && { query: endpoint.query }),
      ...('body' in endpoint && {
        body: { required: true, content: { 'application/json': { schema: endpoint.body } } },
      }),
    },
    responses: {
      ...(endpoint.answer === null
        ? { 204: { description: 'Done' } }
        : { 200: { description: 'Done', content: { 'application/json': { schema: endpoint.answer } } } }),
      default: { description: 'Not done, and why', content: { [PROBLEM_TYPE]: { schema: problem } } },
    },
  };
}

function addEvents(app: AdminApp, { operator, live }: ApiParts): void {
  const path = `${API_PATH}/events`;
  const described = Object.entries(EVENT_SCHEMAS).map(([name, schema]) =>
    z.strictObject({ event: z.literal(name), data: schema }),
  );
  app.openAPIRegistry.registerPath({
    method: 'get',
    path,
    summary: 'What happens, as server-sent events; the data of each is JSON',
    tags: ['events'],
    responses: {
      200: {
        description: 'A stream that lasts until the session ends',
        content: { 'text/event-stream': { schema: z.union(described as never).openapi('Event') } },
      },
      default: { description: 'Not done, and why', content: { [PROBLEM_TYPE]: { schema: problem } } },
    },
  });
  app.get(path, (context) => {
    // To tell what is there takes no listener, of whom there are so many and no more.
    if (context.req.method === 'HEAD') return context.body(null, 200, { 'content-type': 'text/event-stream' });
    const caller = context.get('caller');
    const allowed = () =>
      caller.by === 'token'
        ? operator.tokens.list().some(({ id }) => id === caller.token.id)
        : operator.sessions.find(caller.secret, { quietly: true }) !== null;
    live.subscribe(context.env.outgoing as never, SECURITY_HEADERS, allowed);
    return RESPONSE_ALREADY_SENT;
  });
}

function addDocument(app: AdminApp, version: string): void {
  let document: object | null = null;
  app.openAPIRegistry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' });
  app.get(`${API_PATH}/openapi.json`, (context) => {
    document ??= app.getOpenAPI31Document({
      openapi: '3.1.0',
      info: { title: 'rotato admin API', version },
      security: [{ token: [] }],
    });
    return context.json(document);
  });
}

function fromHono(error: Error): Error {
  if (!(error instanceof HTTPException)) return error;
  if (error.status === 415) return new RotatoError('unsupported-media-type', 'Send the body as application/json.');
  return error.status < 500 ? new RotatoError('bad-request', 'The body is not well-formed JSON.') : error;
}

function answerProblem(context: AdminContext, error: Error, log?: Log): Response {
  const { status, body, headers } = renderProblem(error, context.req.header('if-match') !== undefined);
  if (body.code === 'internal') log?.error('Internal error', { err: error, path: context.req.path });
  const all = { ...SECURITY_HEADERS, ...headers, 'content-type': PROBLEM_TYPE };
  for (const [name, value] of Object.entries(all)) context.header(name, value);
  return context.body(JSON.stringify(body), status as 400);
}

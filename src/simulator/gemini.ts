import { createHash } from 'node:crypto';
import { bytes, json } from './answer.ts';
import { tokensIn } from './completion.ts';
import { type Call, type Endpoint, free, isoDate, jsonBody, type Plan, VendorRefusal } from './endpoint.ts';
import { GEMINI_CONTENT_ENDPOINTS } from './gemini-content.ts';
import { GEMINI_UPLOAD_ENDPOINTS } from './gemini-upload.ts';
import type { ObjectKind, StoredObject } from './organisation.ts';

const FILE = /^\/v1(?:beta|alpha)?\/files\/(?<id>[^/:]+)$/;
const CACHE = /^\/v1(?:beta|alpha)?\/cachedContents\/(?<id>[^/:]+)$/;

export const GEMINI_ENDPOINTS: readonly Endpoint[] = [
  ...GEMINI_CONTENT_ENDPOINTS,
  ...GEMINI_UPLOAD_ENDPOINTS,
  gemini('GET', /^\/v1(?:beta|alpha)?\/models$/, listModels),
  gemini('GET', /^\/v1(?:beta|alpha)?\/models\/(?<id>[^/:]+)$/, showModel),
  gemini('GET', /^\/v1(?:beta|alpha)?\/files$/, (call) => list(call, 'file', 'files')),
  gemini('GET', FILE, (call) => show(call, 'file')),
  gemini('DELETE', FILE, (call) => remove(call, 'file')),
  gemini('GET', /^\/v1(?:beta|alpha)?\/files\/(?<id>[^/:]+):download$/, download),
  gemini('POST', /^\/v1(?:beta|alpha)?\/cachedContents$/, createCache),
  gemini('GET', /^\/v1(?:beta|alpha)?\/cachedContents$/, (call) => list(call, 'cache', 'cachedContents')),
  gemini('GET', CACHE, (call) => show(call, 'cache')),
  gemini('PATCH', CACHE, updateCache),
  gemini('DELETE', CACHE, (call) => remove(call, 'cache')),
];

function gemini(method: string, path: RegExp, plan: Endpoint['plan']): Endpoint {
  return { wire: 'gemini', method, path, plan };
}

function listModels({ vendor }: Call): Plan {
  return free(() => json({ models: vendor.models.map(modelView) }));
}

function showModel({ vendor, params }: Call): Plan {
  const id = decodeURIComponent(params.id ?? '');
  if (!vendor.models.includes(id)) throw new VendorRefusal('not-found', `Model models/${id} is not found.`);
  return free(() => json(modelView(id)));
}

function modelView(id: string): Record<string, unknown> {
  return {
    name: `models/${id}`,
    version: '001',
    displayName: id,
    description: 'Simulated',
    inputTokenLimit: 1_048_576,
    outputTokenLimit: 65_536,
    supportedGenerationMethods: ['generateContent', 'countTokens', 'embedContent'],
  };
}

function list({ organisation, request }: Call, kind: ObjectKind, name: string): Plan {
  const all = organisation.list(kind);
  const from = Number(request.query.get('pageToken') ?? 0);
  const size = Number(request.query.get('pageSize') ?? all.length);
  const page = all.slice(from, from + size).map(({ view }) => view);
  const next = from + size < all.length ? { nextPageToken: String(from + size) } : {};
  // Google leaves an empty list out altogether.
  return free(() => json(page.length === 0 ? {} : { [name]: page, ...next }));
}

function stored({ organisation, params }: Call, kind: ObjectKind): StoredObject {
  const id = decodeURIComponent(params.id ?? '');
  const found = organisation.find(kind, id);
  if (found === null) throw new VendorRefusal('not-yours', id);
  return found;
}

function show(call: Call, kind: ObjectKind): Plan {
  const { view } = stored(call, kind);
  return free(() => json(view));
}

function remove(call: Call, kind: ObjectKind): Plan {
  const { id } = stored(call, kind);
  return free(() => {
    call.organisation.delete(kind, id);
    return json({});
  });
}

function download(call: Call): Plan {
  const { content, view } = stored(call, 'file');
  return free(() => bytes(content, String(view.mimeType)));
}

const DEFAULT_TTL_SECONDS = 3_600;

function createCache(call: Call): Plan {
  const body = jsonBody(call);
  const { vendor, organisation } = call;
  return free(() => {
    const id = createHash('sha256').update(vendor.newId('cache')).digest('hex').slice(0, 20);
    const now = vendor.nowSeconds();
    const view = {
      name: `cachedContents/${id}`,
      model: body.model,
      displayName: body.displayName ?? '',
      createTime: isoDate(now),
      updateTime: isoDate(now),
      expireTime: expiry(now, body),
      usageMetadata: { totalTokenCount: tokensIn([body.contents, body.systemInstruction]) },
    };
    organisation.put('cache', { id, view, content: Buffer.alloc(0) });
    return json(view);
  });
}

function updateCache(call: Call): Plan {
  const cache = stored(call, 'cache');
  const body = jsonBody(call);
  return free(() => {
    const now = call.vendor.nowSeconds();
    const view = { ...cache.view, updateTime: isoDate(now), expireTime: expiry(now, body) };
    call.organisation.put('cache', { ...cache, view });
    return json(view);
  });
}

/** A time to live is written like `300s`. */
function expiry(nowSeconds: number, { ttl, expireTime }: Record<string, unknown>): string {
  if (typeof expireTime === 'string') return expireTime;
  const seconds = typeof ttl === 'string' ? Number.parseFloat(ttl) : DEFAULT_TTL_SECONDS;
  return isoDate(nowSeconds + seconds);
}

import { createHash } from 'node:crypto';
import { bytes, json } from './answer.ts';
import { ANTHROPIC_MESSAGES_ENDPOINTS } from './anthropic-messages.ts';
import { type Call, type Endpoint, free, isoDate, jsonBody, type Plan, VendorRefusal } from './endpoint.ts';
import { isRecord } from './json-sample.ts';
import { readForm, requiredFile } from './multipart.ts';
import { listPage } from './object-list.ts';
import type { ObjectKind, StoredObject } from './organisation.ts';

const BATCH = /^\/v1\/messages\/batches\/(?<id>[^/]+)$/;
const FILE = /^\/v1\/files\/(?<id>[^/]+)$/;

/** Anthropic's endpoints, each of which insists on the version header as the vendor does. */
export const ANTHROPIC_ENDPOINTS: readonly Endpoint[] = [
  ...ANTHROPIC_MESSAGES_ENDPOINTS,
  anthropic('GET', /^\/v1\/models$/, listModels),
  anthropic('GET', /^\/v1\/models\/(?<id>[^/]+)$/, showModel),
  anthropic('POST', /^\/v1\/files$/, uploadFile),
  anthropic('GET', /^\/v1\/files$/, (call) => list(call, 'file')),
  anthropic('GET', FILE, (call) => show(call, 'file')),
  anthropic('DELETE', FILE, (call) => remove(call, 'file', 'file_deleted')),
  anthropic('GET', /^\/v1\/files\/(?<id>[^/]+)\/content$/, download),
  anthropic('POST', /^\/v1\/messages\/batches$/, createBatch),
  anthropic('GET', /^\/v1\/messages\/batches$/, (call) => list(call, 'batch')),
  anthropic('GET', BATCH, (call) => show(call, 'batch')),
  anthropic('DELETE', BATCH, (call) => remove(call, 'batch', 'message_batch_deleted')),
  anthropic('POST', /^\/v1\/messages\/batches\/(?<id>[^/]+)\/cancel$/, (call) => show(call, 'batch')),
  anthropic('GET', /^\/v1\/messages\/batches\/(?<id>[^/]+)\/results$/, batchResults),
].map(insistOnVersion);

function anthropic(method: string, path: RegExp, plan: Endpoint['plan']): Endpoint {
  return { wire: 'anthropic', method, path, plan };
}

function insistOnVersion(endpoint: Endpoint): Endpoint {
  return {
    ...endpoint,
    plan(call) {
      if (call.request.headers['anthropic-version'] === undefined) {
        throw new VendorRefusal('bad-request', 'anthropic-version: header is required');
      }
      return endpoint.plan(call);
    },
  };
}

function listModels({ vendor }: Call): Plan {
  const data = vendor.models.map(modelView);
  return free(() => json({ data, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null, has_more: false }));
}

function showModel({ vendor, params }: Call): Plan {
  const id = decodeURIComponent(params.id ?? '');
  if (!vendor.models.includes(id)) throw new VendorRefusal('not-found', `model: ${id}`);
  return free(() => json(modelView(id)));
}

function modelView(id: string): { id: string; [field: string]: unknown } {
  return { type: 'model', id, display_name: id, created_at: '2026-01-01T00:00:00Z' };
}

async function uploadFile(call: Call): Promise<Plan> {
  const { filename, contentType, content } = requiredFile(await readForm(call));
  const { vendor, organisation } = call;
  return free(() => {
    const id = vendor.newId('file_');
    const view = {
      id,
      type: 'file',
      filename,
      mime_type: contentType,
      size_bytes: content.length,
      created_at: isoDate(vendor.nowSeconds()),
      downloadable: true,
      sha256: createHash('sha256').update(content).digest('hex'),
    };
    organisation.put('file', { id, view, content });
    return json(view);
  });
}

function list({ organisation, request }: Call, kind: ObjectKind): Plan {
  return free(() => json({ ...listPage(organisation.list(kind), request.query), next_page: null }));
}

function stored({ organisation, params }: Call, kind: ObjectKind): StoredObject {
  const id = decodeURIComponent(params.id ?? '');
  const found = organisation.find(kind, id);
  if (found === null)
    throw new VendorRefusal('not-yours', `${kind === 'file' ? 'File' : 'Message batch'} not found: ${id}`);
  return found;
}

function show(call: Call, kind: ObjectKind): Plan {
  const { view } = stored(call, kind);
  return free(() => json(view));
}

function remove(call: Call, kind: ObjectKind, type: string): Plan {
  const { id } = stored(call, kind);
  return free(() => {
    call.organisation.delete(kind, id);
    return json({ id, type });
  });
}

function download(call: Call): Plan {
  const { content, view } = stored(call, 'file');
  return free(() => bytes(content, String(view.mime_type)));
}

/** A batch has ended as soon as it is created. */
function createBatch(call: Call): Plan {
  const { requests } = jsonBody(call);
  if (!Array.isArray(requests)) throw new VendorRefusal('bad-request', 'requests: Field required');
  const { vendor, organisation } = call;
  return free(() => {
    const id = vendor.newId('msgbatch_');
    const now = isoDate(vendor.nowSeconds());
    const view = {
      id,
      type: 'message_batch',
      processing_status: 'ended',
      request_counts: { processing: 0, succeeded: requests.length, errored: 0, canceled: 0, expired: 0 },
      created_at: now,
      ended_at: now,
      expires_at: isoDate(vendor.nowSeconds() + 86_400),
      archived_at: null,
      cancel_initiated_at: null,
      results_url: `${vendor.url()}/v1/messages/batches/${id}/results`,
    };
    const lines = requests.map((request) => JSON.stringify(batchResult(request, vendor.newId('msg_'))));
    organisation.put('batch', { id, view, content: Buffer.from(`${lines.join('\n')}\n`) });
    return json(view);
  });
}

function batchResult(request: unknown, id: string): Record<string, unknown> {
  const custom_id = isRecord(request) ? request.custom_id : null;
  const params = isRecord(request) && isRecord(request.params) ? request.params : {};
  const message = {
    id,
    type: 'message',
    role: 'assistant',
    model: params.model,
    content: [{ type: 'text', text: 'Simulated text.' }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 1, output_tokens: 4 },
  };
  return { custom_id, result: { type: 'succeeded', message } };
}

function batchResults(call: Call): Plan {
  const { content } = stored(call, 'batch');
  return free(() => bytes(content, 'application/x-jsonl'));
}

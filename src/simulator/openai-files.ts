import { createHash } from 'node:crypto';
import { type Answer, bytes, json } from './answer.ts';
import { type Call, type Endpoint, free, jsonBody, type Plan, requiredString, VendorRefusal } from './endpoint.ts';
import { readForm, requiredFile } from './multipart.ts';
import { listPage } from './object-list.ts';
import type { ObjectKind, StoredObject } from './organisation.ts';

export const OPENAI_FILES_ENDPOINTS: readonly Endpoint[] = [
  { wire: 'openai', method: 'POST', path: /^\/v1\/files$/, plan: uploadFile },
  { wire: 'openai', method: 'GET', path: /^\/v1\/files$/, plan: (call) => list(call, 'file') },
  { wire: 'openai', method: 'GET', path: /^\/v1\/files\/(?<id>[^/]+)$/, plan: (call) => show(call, 'file') },
  { wire: 'openai', method: 'DELETE', path: /^\/v1\/files\/(?<id>[^/]+)$/, plan: deleteFile },
  { wire: 'openai', method: 'GET', path: /^\/v1\/files\/(?<id>[^/]+)\/content$/, plan: download },
  { wire: 'openai', method: 'POST', path: /^\/v1\/batches$/, plan: createBatch },
  { wire: 'openai', method: 'GET', path: /^\/v1\/batches$/, plan: (call) => list(call, 'batch') },
  { wire: 'openai', method: 'GET', path: /^\/v1\/batches\/(?<id>[^/]+)$/, plan: (call) => show(call, 'batch') },
  { wire: 'openai', method: 'POST', path: /^\/v1\/batches\/(?<id>[^/]+)\/cancel$/, plan: cancelBatch },
];

async function uploadFile(call: Call): Promise<Plan> {
  const form = await readForm(call);
  const file = requiredFile(form);
  const purpose = form.fields.get('purpose');
  if (purpose === undefined) throw new VendorRefusal('bad-request', "'purpose' is a required property");
  return free(() => json(storeFile(call, { filename: file.filename, purpose, content: file.content }).view));
}

interface NewFile {
  readonly filename: string;
  readonly purpose: string;
  readonly content: Buffer;
}

/** The SHA-256 is the simulator's own addition, for tests that compare bytes. */
function storeFile({ vendor, organisation }: Call, { filename, purpose, content }: NewFile): StoredObject {
  const id = vendor.newId('file-');
  const view = {
    id,
    object: 'file',
    bytes: content.length,
    created_at: vendor.nowSeconds(),
    filename,
    purpose,
    status: 'processed',
    sha256: createHash('sha256').update(content).digest('hex'),
  };
  const stored = { id, view, content };
  organisation.put('file', stored);
  return stored;
}

function list({ organisation, request }: Call, kind: ObjectKind): Plan {
  return free(() => json(listPage(organisation.list(kind), request.query)));
}

function stored({ organisation, params }: Call, kind: ObjectKind): StoredObject {
  const id = decodeURIComponent(params.id ?? '');
  const found = organisation.find(kind, id);
  if (found === null) throw new VendorRefusal('not-yours', `No such ${kind === 'file' ? 'File object' : kind}: ${id}`);
  return found;
}

function show(call: Call, kind: ObjectKind): Plan {
  const { view } = stored(call, kind);
  return free(() => json(view));
}

function deleteFile(call: Call): Plan {
  const { id } = stored(call, 'file');
  return free(() => {
    call.organisation.delete('file', id);
    return json({ id, object: 'file', deleted: true });
  });
}

function download(call: Call): Plan {
  const { content } = stored(call, 'file');
  return free(() => bytes(content, 'application/octet-stream'));
}

/** A batch is done as soon as it is created; its input file must belong to the same organisation. */
function createBatch(call: Call): Plan {
  const body = jsonBody(call);
  const inputId = requiredString(body, 'input_file_id');
  const input = call.organisation.find('file', inputId);
  if (input === null) throw new VendorRefusal('not-yours', `No such File object: ${inputId}`);
  return free(() => answerBatch(call, body, input));
}

function answerBatch(call: Call, body: Record<string, unknown>, input: StoredObject): Answer {
  const { vendor, organisation } = call;
  const lines = input.content
    .toString('utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const results = lines.map((line) => JSON.stringify(batchResult(vendor.newId('batch_req_'), line)));
  const content = Buffer.from(`${results.join('\n')}\n`);
  const output = storeFile(call, { filename: 'batch_output.jsonl', purpose: 'batch_output', content });
  const id = vendor.newId('batch_');
  const now = vendor.nowSeconds();
  const view = {
    id,
    object: 'batch',
    endpoint: body.endpoint,
    errors: null,
    input_file_id: input.id,
    completion_window: body.completion_window ?? '24h',
    status: 'completed',
    output_file_id: output.id,
    error_file_id: null,
    created_at: now,
    in_progress_at: now,
    completed_at: now,
    expires_at: now + 86_400,
    request_counts: { total: lines.length, completed: lines.length, failed: 0 },
    metadata: body.metadata ?? null,
  };
  organisation.put('batch', { id, view, content: Buffer.alloc(0) });
  return json(view);
}

function batchResult(id: string, line: string): Record<string, unknown> {
  let customId: unknown = null;
  try {
    customId = (JSON.parse(line) as { custom_id?: unknown }).custom_id ?? null;
  } catch {
    return { id, custom_id: null, response: null, error: { code: 'invalid_json_line', message: 'Not JSON.' } };
  }
  return { id, custom_id: customId, response: { status_code: 200, request_id: id, body: {} }, error: null };
}

function cancelBatch(call: Call): Plan {
  const batch = stored(call, 'batch');
  return free(() => {
    const view = { ...batch.view, status: 'cancelled' };
    call.organisation.put('batch', { ...batch, view });
    return json(view);
  });
}

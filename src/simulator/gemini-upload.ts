import { createHash } from 'node:crypto';
import { type Answer, json } from './answer.ts';
import {
  type Call,
  type Endpoint,
  free,
  isoDate,
  jsonBody,
  type Plan,
  type UploadSession,
  VendorRefusal,
} from './endpoint.ts';
import { isRecord } from './json-sample.ts';

/**
 * Google's resumable uploads, as @google/genai speaks them: `start` answers with an address, to which the bytes are
 * sent in pieces, the last with `finalize`. The address names no project; its `upload_id` does.
 */
export const GEMINI_UPLOAD_ENDPOINTS: readonly Endpoint[] = [
  { wire: 'gemini', method: 'POST', path: /^\/upload\/v1(?:beta|alpha)?\/files$/, plan: planUpload },
];

const FILE_LIFE_SECONDS = 48 * 3_600;

function planUpload(call: Call): Plan {
  const { headers, query } = call.request;
  const commands = String(headers['x-goog-upload-command'] ?? '')
    .split(',')
    .map((command) => command.trim());
  const id = query.get('upload_id');
  if (id === null) {
    if (commands.includes('start')) return free(() => startUpload(call));
    throw new VendorRefusal('bad-request', 'X-Goog-Upload-Command must be start.');
  }
  const session = call.vendor.uploads.get(id);
  if (session === undefined) throw new VendorRefusal('not-found', 'The upload does not exist.');
  return free(() => continueUpload(call, id, session, commands));
}

function startUpload(call: Call): Answer {
  const { request, vendor, organisation } = call;
  const body = request.body.length === 0 ? {} : jsonBody(call);
  const file = isRecord(body.file) ? body.file : {};
  const id = vendor.newId('upload');
  vendor.uploads.set(id, {
    organisation,
    name: typeof file.name === 'string' ? file.name.replace(/^files\//, '') : null,
    displayName: typeof file.displayName === 'string' ? file.displayName : null,
    contentType: String(request.headers['x-goog-upload-header-content-type'] ?? 'application/octet-stream'),
    pieces: [],
    bytes: 0,
  });
  const address = `${vendor.url()}${request.path}?upload_id=${id}&upload_protocol=resumable`;
  return withStatus(json({}), 'active', { 'x-goog-upload-url': address });
}

function continueUpload(
  { request, vendor }: Call,
  id: string,
  session: UploadSession,
  commands: readonly string[],
): Answer {
  if (commands.includes('cancel')) {
    vendor.uploads.delete(id);
    return withStatus(json({}), 'cancelled');
  }
  if (commands.includes('upload')) {
    if (Number(request.headers['x-goog-upload-offset']) !== session.bytes) {
      throw new VendorRefusal('bad-request', `The upload continues at offset ${session.bytes}.`);
    }
    session.pieces.push(request.body);
    session.bytes += request.body.length;
  }
  if (!commands.includes('finalize')) {
    return withStatus(json({}), 'active', { 'x-goog-upload-size-received': String(session.bytes) });
  }
  vendor.uploads.delete(id);
  return withStatus(json({ file: storeFile(session, vendor) }), 'final');
}

function withStatus(answer: Answer, status: string, headers: Record<string, string> = {}): Answer {
  return { ...answer, headers: { ...answer.headers, ...headers, 'x-goog-upload-status': status } };
}

function storeFile(session: UploadSession, vendor: Call['vendor']): Record<string, unknown> {
  const content = Buffer.concat(session.pieces);
  const id = session.name ?? createHash('sha256').update(vendor.newId('file')).digest('hex').slice(0, 12);
  const now = vendor.nowSeconds();
  const view = {
    name: `files/${id}`,
    ...(session.displayName === null ? {} : { displayName: session.displayName }),
    mimeType: session.contentType,
    sizeBytes: String(content.length),
    createTime: isoDate(now),
    updateTime: isoDate(now),
    expirationTime: isoDate(now + FILE_LIFE_SECONDS),
    // Google gives the hexadecimal digest once more in base64.
    sha256Hash: Buffer.from(createHash('sha256').update(content).digest('hex')).toString('base64'),
    uri: `${vendor.url()}/v1beta/files/${id}`,
    state: 'ACTIVE',
    source: 'UPLOADED',
  };
  session.organisation.put('file', { id, view, content });
  return view;
}

import { type Call, VendorRefusal } from './endpoint.ts';

export interface UploadedPart {
  readonly filename: string;
  readonly contentType: string;
  readonly content: Buffer;
}

export interface MultipartForm {
  readonly fields: ReadonlyMap<string, string>;
  readonly files: ReadonlyMap<string, UploadedPart>;
}

/** Node's own parser does the work; what it cannot read is the vendor's 400. */
export async function readForm({ request }: Call): Promise<MultipartForm> {
  const contentType = request.headers['content-type'] ?? '';
  let form: FormData;
  try {
    form = await new Response(new Uint8Array(request.body), { headers: { 'content-type': contentType } }).formData();
  } catch {
    throw new VendorRefusal('bad-request', 'Could not parse multipart form.');
  }
  const fields = new Map<string, string>();
  const files = new Map<string, UploadedPart>();
  for (const [name, value] of form) {
    if (typeof value === 'string') {
      fields.set(name, value);
    } else {
      const content = Buffer.from(await value.arrayBuffer());
      files.set(name, { filename: value.name, contentType: value.type || 'application/octet-stream', content });
    }
  }
  return { fields, files };
}

export function requiredFile(form: MultipartForm): UploadedPart {
  const file = form.files.get('file');
  if (file === undefined) throw new VendorRefusal('bad-request', "'file' is a required property");
  return file;
}

import { readdir, readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RotatoError } from '../errors.ts';
import { newNonce, pagePolicy, SECURITY_HEADERS } from './security-headers.ts';

/** Beside the bundle in the package; where the build puts it when this runs from source. */
export const PANEL_FOLDER = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../dist/panel' : './panel', import.meta.url),
);

/** What the build writes where the nonce of each answer goes. */
const NONCE_MARK = '__CSP_NONCE__';

/** Best first: what a build leaves beside a file. */
const ENCODINGS = [
  { suffix: '.br', name: 'br' },
  { suffix: '.gz', name: 'gzip' },
] as const;

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.webmanifest': 'application/manifest+json',
};

interface PanelFile {
  readonly type: string;
  /** Its name holds a hash of what is in it. */
  readonly hashed: boolean;
  readonly plain: Buffer;
  readonly encoded: ReadonlyMap<string, Buffer>;
}

interface Panel {
  /** By path below /admin/. */
  readonly files: ReadonlyMap<string, PanelFile>;
  /** The page, cut where nonces go. */
  readonly page: readonly string[];
}

/**
 * The panel: a page and its files, read whole into a table once. What a request names is looked up there and never on
 * the disk.
 */
export class PanelFiles {
  readonly #folder: string;
  #panel: Promise<Panel | null> | null = null;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** `path` is what follows /admin. Rejects with `not-found` and `method-not-allowed`. */
  async serve(path: string, request: IncomingMessage, reply: ServerResponse): Promise<void> {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      throw new RotatoError('method-not-allowed', 'The panel is only read; its API is at /admin/api.');
    }
    this.#panel ??= readPanel(this.#folder);
    const panel = await this.#panel;
    if (panel === null) {
      throw new RotatoError('not-found', 'The panel is not built here: run "npm run build". Its API is at /admin/api.');
    }
    const file = panel.files.get(path.replace(/^\//, ''));
    if (file !== undefined) return sendFile(file, request, reply);
    if (!isPagePath(path)) throw new RotatoError('not-found', 'The panel has no such file.');
    sendPage(panel.page, request, reply);
  }
}

/** The panel has paths of its own for what it shows: words between slashes, and no names of files. */
function isPagePath(path: string): boolean {
  return path === '' || path === '/' || (!path.startsWith('/assets/') && /^(?:\/(?!\.)[\w.~@:+%-]+)+\/?$/.test(path));
}

function sendPage(page: readonly string[], request: IncomingMessage, reply: ServerResponse): void {
  const nonce = newNonce();
  send(request, reply, Buffer.from(page.join(nonce)), {
    'content-type': TYPES['.html'] as string,
    'content-security-policy': pagePolicy(nonce),
  });
}

function sendFile(file: PanelFile, request: IncomingMessage, reply: ServerResponse): void {
  const accepted = acceptedEncodings(request.headers['accept-encoding']);
  const encoding = ENCODINGS.find(({ name }) => accepted.has(name) && file.encoded.has(name))?.name;
  const body = encoding === undefined ? file.plain : (file.encoded.get(encoding) ?? file.plain);
  send(request, reply, body, {
    'content-type': file.type,
    'cache-control': file.hashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    vary: 'Accept-Encoding',
    ...(encoding !== undefined && { 'content-encoding': encoding }),
  });
}

function send(
  request: IncomingMessage,
  reply: ServerResponse,
  body: Buffer,
  headers: Readonly<Record<string, string>>,
): void {
  reply.writeHead(200, { ...SECURITY_HEADERS, ...headers, 'content-length': body.length });
  reply.end(request.method === 'HEAD' ? undefined : body);
}

function acceptedEncodings(header: string | string[] | undefined): ReadonlySet<string> {
  const offers = String(header ?? '')
    .toLowerCase()
    .split(',');
  return new Set(
    offers
      .filter((offer) => !/;\s*q=0(?:\.0*)?\s*$/.test(offer))
      .map((offer) => (offer.split(';', 1)[0] as string).trim()),
  );
}

/** Null where it was never built. */
async function readPanel(folder: string): Promise<Panel | null> {
  const contents = new Map<string, Buffer>();
  try {
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      contents.set(path.slice(folder.length + 1).replaceAll('\\', '/'), await readFile(path));
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const page = contents.get('index.html');
  if (page === undefined) return null;
  const files = [...contents].filter(([path]) => path !== 'index.html' && !isEncodedCopy(path, contents));
  return {
    page: page.toString().split(NONCE_MARK),
    files: new Map(files.map(([path, plain]) => [path, describeFile(path, plain, contents)])),
  };
}

function isEncodedCopy(path: string, contents: ReadonlyMap<string, Buffer>): boolean {
  return ENCODINGS.some(({ suffix }) => path.endsWith(suffix) && contents.has(path.slice(0, -suffix.length)));
}

function describeFile(path: string, plain: Buffer, contents: ReadonlyMap<string, Buffer>): PanelFile {
  const encoded = ENCODINGS.flatMap(({ suffix, name }) => {
    const copy = contents.get(path + suffix);
    return copy === undefined ? [] : [[name, copy] as const];
  });
  return {
    type: TYPES[extname(path)] ?? 'application/octet-stream',
    hashed: path.startsWith('assets/'),
    plain,
    encoded: new Map(encoded),
  };
}

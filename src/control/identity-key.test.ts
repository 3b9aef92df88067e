import { createHmac } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keyId, openIdentityKey } from './identity-key.ts';

let root: string;
let dataDir: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rotato-identity-'));
  dataDir = join(root, 'deep', '.rotato');
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const mode = (path: string) => statSync(path).mode & 0o777;

describe("the installation's key", () => {
  it('is made once, in a folder made for it, both for the owner alone', () => {
    const first = openIdentityKey(dataDir);
    expect(first).toHaveLength(32);
    expect(openIdentityKey(dataDir)).toEqual(first);
    expect([mode(dataDir), mode(join(dataDir, 'identity.key'))]).toEqual([0o700, 0o600]);
    expect(readdirSync(dataDir)).toEqual(['identity.key']);
  });

  it('closes to others a folder and a file that were left open', () => {
    openIdentityKey(dataDir);
    chmodSync(dataDir, 0o755);
    chmodSync(join(dataDir, 'identity.key'), 0o644);
    openIdentityKey(dataDir);
    expect([mode(dataDir), mode(join(dataDir, 'identity.key'))]).toEqual([0o700, 0o600]);
  });

  it('is never replaced when it is damaged', () => {
    mkdirSync(dataDir, { recursive: true });
    writeFileSync(join(dataDir, 'identity.key'), 'short');
    expect(() => openIdentityKey(dataDir)).toThrow(/identity\.key is damaged: it holds 5 bytes instead of 32/);
    expect(readFileSync(join(dataDir, 'identity.key'), 'utf8')).toBe('short');
  });

  it('asks for another folder where it cannot have this one', () => {
    writeFileSync(join(root, 'deep'), 'a file');
    expect(() => openIdentityKey(dataDir)).toThrow(
      /The data directory .* cannot be used \(ENOTDIR\)\. Give rotato a folder it may write to/,
    );
  });
});

describe('the id of an upstream key', () => {
  const installation = Buffer.alloc(32, 1);

  it('is the same for the same key, and another for another key, provider or installation', () => {
    const id = keyId(installation, 'openai', 'sk-1');
    expect(keyId(installation, 'openai', 'sk-1')).toBe(id);
    const others = [
      keyId(installation, 'openai', 'sk-2'),
      keyId(installation, 'groq', 'sk-1'),
      keyId(Buffer.alloc(32, 2), 'openai', 'sk-1'),
    ];
    expect(new Set([id, ...others]).size).toBe(4);
  });

  it('is an HMAC, of any key and any text', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.string(),
        fc.string(),
        (key, provider, secret) => {
          const hmac = createHmac('sha256', key).update(`${provider}\0${secret}`).digest('hex');
          expect(keyId(Buffer.from(key), provider, secret)).toBe(hmac.slice(0, 20));
        },
      ),
    );
  });

  it('cannot be had from another split of the same text', () => {
    expect(keyId(installation, 'ab', 'c')).not.toBe(keyId(installation, 'a', 'bc'));
  });
});

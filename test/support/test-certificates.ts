import { readFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates, type TlsOptions } from 'node:tls';
import { onTestFinished } from 'vitest';

export type TestCertificate = 'valid' | 'expired' | 'wrong-host' | 'self-signed';

/** What a server shows; certificates/README.md says what is wrong with it. */
export function certificate(name: TestCertificate): TlsOptions {
  return { cert: read(`${name}.crt`), key: read(`${name}.key`) };
}

/** Trusts the authority of the test certificates in this process until the running test, with its after-each, is over. */
export function trustTestAuthority(): void {
  const before = getCACertificates('default');
  setDefaultCACertificates([...before, read('authority.crt')]);
  onTestFinished(() => setDefaultCACertificates(before));
}

function read(file: string): string {
  return readFileSync(new URL(`certificates/${file}`, import.meta.url), 'utf8');
}

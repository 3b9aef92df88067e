import type { LookupAddress } from 'node:dns';
import { describe, expect, it } from 'vitest';
import { upstreamUrl } from '../../test/support/snapshot.ts';
import { AddressForbiddenError, checkLiteral, guardedLookup, whyForbidden } from './address-guard.ts';

const NEVER = [
  // Metadata services: AWS, GCP, Azure and most others; AWS over IPv6.
  ['169.254.169.254', 'metadata'],
  ['fd00:ec2::254', 'metadata over IPv6'],
  ['fd20:ce::254', 'metadata of Google over IPv6'],
  ['100.100.100.200', 'metadata of Alibaba'],
  ['192.0.0.192', 'metadata of Oracle'],
  ['168.63.129.16', 'the host of Azure'],
  ['169.254.0.1', 'link-local'],
  ['fe80::1', 'link-local IPv6'],
  ['fe80::1%eth0', 'link-local IPv6 with its zone'],
  ['febf:ffff::1', 'the end of link-local IPv6'],
  ['0.0.0.0', 'unspecified'],
  ['0.1.2.3', '"this network"'],
  ['::', 'unspecified IPv6'],
  ['224.0.0.1', 'multicast'],
  ['ff02::1', 'multicast IPv6'],
  ['255.255.255.255', 'broadcast'],
  ['::ffff:169.254.169.254', 'metadata, mapped'],
  ['::ffff:a9fe:a9fe', 'metadata, mapped, in hex'],
  ['0:0:0:0:0:ffff:a9fe:a9fe', 'metadata, mapped, written out'],
  ['::ffff:0.0.0.0', 'unspecified, mapped'],
  ['64:ff9b::169.254.169.254', 'metadata through NAT64'],
  ['64:ff9b::a9fe:a9fe', 'metadata through NAT64, in hex'],
] as const;

const PRIVATE = [
  ['127.0.0.1', 'loopback'],
  ['127.255.255.254', 'the end of loopback'],
  ['::1', 'loopback IPv6'],
  ['10.0.0.1', 'private'],
  ['172.16.0.1', 'private'],
  ['172.31.255.255', 'private'],
  ['192.168.1.1', 'private'],
  ['100.64.0.1', 'carrier-grade NAT'],
  ['100.127.255.255', 'the end of carrier-grade NAT'],
  ['192.0.0.10', 'IETF protocol assignments'],
  ['198.18.0.1', 'benchmarking'],
  ['198.19.255.255', 'benchmarking'],
  ['fc00::1', 'unique local'],
  ['fdff::1', 'unique local'],
  ['::ffff:127.0.0.1', 'loopback, mapped'],
  ['::ffff:7f00:1', 'loopback, mapped, in hex'],
  ['::ffff:10.1.2.3', 'private, mapped'],
  ['64:ff9b::10.1.2.3', 'private through NAT64'],
] as const;

const PUBLIC = [
  '1.1.1.1',
  '126.255.255.255',
  '128.0.0.1',
  '11.0.0.1',
  '172.15.255.255',
  '172.32.0.1',
  '192.167.255.255',
  '100.63.255.255',
  '100.128.0.1',
  '169.253.255.255',
  '198.17.255.255',
  '198.20.0.1',
  '2606:4700::6810:84e5',
  'fec0::1',
  '::ffff:1.1.1.1',
  '64:ff9b::1.1.1.1',
];

describe('an address', () => {
  it.each(NEVER)('%s (%s) is reached for no provider', (address) => {
    expect(whyForbidden(address, false)).toContain(address);
    expect(whyForbidden(address, true)).toContain(address);
  });

  it.each(PRIVATE)('%s (%s) is reached where the operator allows it', (address) => {
    expect(whyForbidden(address, false)).toContain('allowPrivateAddress: true');
    expect(whyForbidden(address, true)).toBeNull();
  });

  it.each(PUBLIC)('%s is reached', (address) => {
    expect(whyForbidden(address, false)).toBeNull();
  });
});

describe('a base URL with a number for a name', () => {
  it.each([
    'http://127.0.0.1',
    'http://127.1',
    'http://2130706433',
    'http://0x7f000001',
    'http://0x7f.0.0.1',
    'http://0177.0.0.1',
    'http://017700000001',
    'http://127.0.0.1.',
    'http://%31%32%37.0.0.1',
    'http://①②⑦.0.0.1',
    'http://[::1]',
    'http://[0:0:0:0:0:0:0:1]',
    'http://[::ffff:127.0.0.1]',
    'http://[::FFFF:7F00:1]',
    'http://10.1',
    'http://192.168.257',
  ])('%s is private', (url) => {
    expect(checkLiteral(upstreamUrl(url).hostname, false)).toBeInstanceOf(AddressForbiddenError);
    expect(checkLiteral(upstreamUrl(url).hostname, true)).toBeNull();
  });

  it.each([
    'http://169.254.169.254/latest/meta-data',
    'http://2852039166',
    'http://0xa9fea9fe',
    'http://0251.0376.0251.0376',
    'http://169.254.43518',
    'http://[::ffff:169.254.169.254]',
    'http://[fd00:ec2::254]',
    'http://[fd00:0ec2:0:0::0254]',
    'http://0',
    'http://[::]',
  ])('%s is never reached', (url) => {
    expect(checkLiteral(upstreamUrl(url).hostname, true)?.code).toBe('ADDRESS_FORBIDDEN');
  });

  it.each(['https://api.openai.com', 'https://1.1.1.1', 'http://localhost', 'http://127.0.0.1.nip.example'])(
    '%s passes: what a name resolves to is judged when it is looked up',
    (url) => {
      expect(checkLiteral(upstreamUrl(url).hostname, false)).toBeNull();
    },
  );
});

interface Found {
  readonly error: Error | null;
  readonly address: string | LookupAddress[];
}

function lookup(hostname: string, allowPrivate: boolean, all: boolean): Promise<Found> {
  return new Promise((resolve) => {
    guardedLookup(allowPrivate)(hostname, { all }, (error, address) => resolve({ error, address }));
  });
}

describe('a lookup', () => {
  it('refuses a name that resolves to this machine, unless that is allowed', async () => {
    expect((await lookup('localhost', false, true)).error).toBeInstanceOf(AddressForbiddenError);
    const allowed = await lookup('localhost', true, true);
    expect(allowed.error).toBeNull();
    expect(allowed.address).toContainEqual(expect.objectContaining({ address: expect.stringMatching(/^127\.|^::1$/) }));
  });

  it('gives one address or all, as it is asked', async () => {
    expect(await lookup('1.1.1.1', false, true)).toEqual({ error: null, address: [{ address: '1.1.1.1', family: 4 }] });
    expect(await lookup('1.1.1.1', false, false)).toEqual({ error: null, address: '1.1.1.1' });
  });

  it('refuses the metadata service whatever is allowed', async () => {
    const { error } = await lookup('169.254.169.254', true, false);
    expect(error).toMatchObject({ code: 'ADDRESS_FORBIDDEN', message: expect.stringContaining('169.254.169.254') });
  });

  it('hands on the failure of a name that does not resolve', async () => {
    const { error } = await lookup('x'.repeat(300), false, false);
    expect(error).not.toBeInstanceOf(AddressForbiddenError);
    expect(error).toHaveProperty('code');
  });
});

import { lookup as systemLookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** The address is not one this provider may be reached at. Nothing was sent. */
export class AddressForbiddenError extends Error {
  override readonly name = 'AddressForbiddenError';
  readonly code = 'ADDRESS_FORBIDDEN';
}

/** Where a network translates IPv6 to IPv4, every IPv4 address has a second name (RFC 6052 §2.1). */
const NAT64 = { network: '64:ff9b::', prefix: 96 };

/**
 * Metadata services of clouds hand out credentials to whoever asks from the machine: never, for any provider. Most are
 * link-local; the others by their vendors' documentation: EC2 and Google over IPv6, Alibaba, Oracle, and Azure's host.
 */
const NEVER = blockList([
  ['169.254.0.0', 16],
  ['fe80::', 10],
  ['fd00:ec2::254', 128],
  ['fd20:ce::254', 128],
  ['100.100.100.200', 32],
  ['192.0.0.192', 32],
  ['168.63.129.16', 32],
  ['0.0.0.0', 8],
  ['::', 128],
  ['224.0.0.0', 4],
  ['ff00::', 8],
  ['255.255.255.255', 32],
]);

/** Addresses of this machine and of private networks: only where the operator allows them for the provider. */
const PRIVATE = blockList([
  ['127.0.0.0', 8],
  ['::1', 128],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['192.0.0.0', 24],
  ['198.18.0.0', 15],
  ['fc00::', 7],
]);

function blockList(subnets: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of subnets) {
    if (isIP(network) === 6) {
      list.addSubnet(network, prefix, 'ipv6');
      continue;
    }
    list.addSubnet(network, prefix, 'ipv4');
    list.addSubnet(NAT64.network + network, NAT64.prefix + prefix, 'ipv6');
  }
  return list;
}

/** Why an address may not be connected to; null when it may. An IPv4 address inside IPv6 is judged as IPv4. */
export function whyForbidden(address: string, allowPrivate: boolean): string | null {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  // BlockList itself matches v4-mapped addresses (::ffff:a.b.c.d) against its IPv4 rules.
  if (NEVER.check(address, family)) return `${address} is a link-local, metadata or unspecified address`;
  if (!allowPrivate && PRIVATE.check(address, family)) {
    return `${address} is a private or loopback address; set allowPrivateAddress: true for this provider if it is meant`;
  }
  return null;
}

/**
 * A `lookup` that judges what a name resolves to at the moment of connecting, so that a name cannot be rebound
 * between the check and the use. Forbidden addresses are left out; none left is an error.
 */
export function guardedLookup(allowPrivate: boolean): LookupFunction {
  return (hostname, options, callback) => {
    systemLookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, '', 0);
      const allowed = addresses.filter(({ address }) => whyForbidden(address, allowPrivate) === null);
      const [first] = allowed;
      if (first === undefined) return callback(forbidden(addresses[0]?.address ?? hostname, allowPrivate), '', 0);
      if (options.all) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}

/** Addresses written as numbers are never looked up, so they are judged before connecting. */
export function checkLiteral(hostname: string, allowPrivate: boolean): AddressForbiddenError | null {
  return isIP(hostname) !== 0 && whyForbidden(hostname, allowPrivate) !== null
    ? forbidden(hostname, allowPrivate)
    : null;
}

function forbidden(address: string, allowPrivate: boolean): AddressForbiddenError {
  return new AddressForbiddenError(whyForbidden(address, allowPrivate) ?? `${address} is not allowed`);
}

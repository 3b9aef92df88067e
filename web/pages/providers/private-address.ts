/**
 * Whether a base URL plainly names a machine of one's own. A name that resolves to one is found out only by the server,
 * which says so.
 */
export function isPrivateAddress(baseUrl: string): boolean {
  if (!URL.canParse(baseUrl.trim())) return false;
  const host = new URL(baseUrl.trim()).hostname.replace(/^\[|\]$/g, '');
  if (host === 'localhost' || host.endsWith('.localhost') || host.endsWith('.local')) return true;
  if (host === '::1' || /^f[cd][0-9a-f]{2}:/.test(host) || /^fe[89ab][0-9a-f]:/.test(host)) return true;
  const numbers = /^(\d+)\.(\d+)\.\d+\.\d+$/.exec(host);
  const [first, second] = [Number(numbers?.[1]), Number(numbers?.[2])];
  return (
    first === 127 ||
    first === 10 ||
    (first === 192 && second === 168) ||
    (first === 172 && second >= 16 && second <= 31) ||
    (first === 169 && second === 254)
  );
}

/** Where an access came from: one address in whichever way the system wrote it, and whether it is one of the site's. */
import { BlockList, isIP } from 'node:net';

/** RFC 1918, loopback and link-local; of IPv6 loopback, unique local (RFC 4193) and link-local addresses. */
const PRIVATE = new BlockList();
PRIVATE.addSubnet('10.0.0.0', 8);
PRIVATE.addSubnet('172.16.0.0', 12);
PRIVATE.addSubnet('192.168.0.0', 16);
PRIVATE.addSubnet('127.0.0.0', 8);
PRIVATE.addSubnet('169.254.0.0', 16);
PRIVATE.addAddress('::1', 'ipv6');
PRIVATE.addSubnet('fc00::', 7, 'ipv6');
PRIVATE.addSubnet('fe80::', 10, 'ipv6');

/** `[2001:db8::1]`, `[2001:db8::1]:443` and `203.0.113.5:51822`. */
const BRACKETED = /^\[([^\]]+)\](?::\d+)?$/;
const WITH_PORT = /^([\d.]+):\d+$/;

/** The address without brackets, port and zone, for a port is another with each connection; a host name as it stands. */
export function hostOf(network: string): string {
  const inner = (BRACKETED.exec(network) ?? WITH_PORT.exec(network))?.[1] ?? network;
  // IPv4 that a dual-stack server wrote down (RFC 4291, section 2.5.5.2).
  const address = inner.replace(/%.*$/, '').replace(/^::ffff:(?=[\d.]+$)/i, '');
  return isIP(address) === 0 ? network : address;
}

/** Not of a private network; an IPv4-mapped address goes by its IPv4 network. A host name is taken for a local one. */
export function isOutside(host: string): boolean {
  const family = isIP(host);
  return family !== 0 && !PRIVATE.check(host, family === 6 ? 'ipv6' : 'ipv4');
}

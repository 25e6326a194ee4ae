import { lookup } from 'node:dns';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** The address may not be connected to. */
class AddressNotAllowed extends Error {
  readonly code = 'ADDRESS_NOT_ALLOWED';
}

// IANA's special-purpose registries. What they call globally reachable (AS112, AMT) is left out too: nobody receives webhooks there.
const NOT_PUBLIC_IPV4 = [
  '0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24', '192.31.196.0/24',
  '192.52.193.0/24', '192.88.99.0/24', '192.168.0.0/16', '192.175.48.0/24', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4',
];
// Global unicast is 2000::/3; within it these are special: protocol assignments with Teredo and ORCHID, documentation, 6to4, AS112.
// Mapped, NAT64, unique local, link local and multicast addresses lie outside.
const GLOBAL_IPV6 = ['2000::/3'];
const NOT_PUBLIC_IPV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20'];

// A server closes a connection that rests; seconds later a request on it would be lost. Most wait 5 s, some 2.
const IDLE_CONNECTION_MS = 1_500;
const LOOKUP_TIMEOUT_MS = 2_000;

/** The one way out: agents whose connections reach public addresses and `exceptions` (CIDRs), whatever a URL or a name server says. */
export function createEgress({ exceptions }: { exceptions: readonly string[] }) {
  const notPublicIpv4 = toBlockList(NOT_PUBLIC_IPV4);
  const globalIpv6 = toBlockList(GLOBAL_IPV6);
  const notPublicIpv6 = toBlockList(NOT_PUBLIC_IPV6);
  // Apart by family: an exception for 127.0.0.0/8 is none for ::ffff:127.0.0.1.
  const excepted = { 4: toBlockList(exceptions.filter((cidr) => !cidr.includes(':'))), 6: toBlockList(exceptions.filter((cidr) => cidr.includes(':'))) };

  function isAllowed(address: string): boolean {
    if (isIP(address) === 4) return excepted[4].check(address, 'ipv4') || !notPublicIpv4.check(address, 'ipv4');
    if (isIP(address) !== 6 || address.includes('%')) return false;
    return excepted[6].check(address, 'ipv6') || (globalIpv6.check(address, 'ipv6') && !notPublicIpv6.check(address, 'ipv6'));
  }

  /** Gives the connection those addresses of a name that are allowed; the connection goes to one of these and nowhere else. */
  const lookupAllowed: LookupFunction = (hostname, options, done) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return done(error, []);
      const allowed = addresses.filter(({ address }) => isAllowed(address));
      const [first] = allowed;
      if (first === undefined) return done(new AddressNotAllowed(`${hostname} has no public address`), []);
      return options.all === true ? done(null, allowed) : done(null, first.address, first.family);
    });
  };

  const agentOptions = { keepAlive: true, timeout: IDLE_CONNECTION_MS, maxFreeSockets: 64, lookup: lookupAllowed };
  /** False when the name has addresses and none of them is allowed. One that does not resolve, or not in time, may come to do so. */
  async function mayReach(hostname: string): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(true), LOOKUP_TIMEOUT_MS);
    lookupAllowed(hostname, { all: true }, (error) => resolve(!(error instanceof AddressNotAllowed)));
    return promise.finally(() => clearTimeout(timer));
  }

  return {
    isAllowed,
    mayReach,
    agents: { http: guardLiterals(new HttpAgent(agentOptions), isAllowed), https: guardLiterals(new HttpsAgent(agentOptions), isAllowed) },
  };
}
export type Egress = ReturnType<typeof createEgress>;

/** A literal address is connected to without a look-up, so it is judged where the connection is made. */
function guardLiterals<Guarded extends HttpAgent>(agent: Guarded, isAllowed: (address: string) => boolean): Guarded {
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, done) => {
    const { host } = options;
    if (typeof host === 'string' && isIP(host) !== 0 && !isAllowed(host)) throw new AddressNotAllowed(`${host} is not a public address`);
    return connect(options, done);
  };
  return agent;
}

function toBlockList(cidrs: readonly string[]): BlockList {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [address = '', prefix] = cidr.split('/');
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6';
    list.addSubnet(address, Number(prefix ?? (family === 'ipv4' ? 32 : 128)), family);
  }
  return list;
}

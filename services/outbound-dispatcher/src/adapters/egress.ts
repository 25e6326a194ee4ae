import { lookup as askNameServer } from 'node:dns';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { BlockList, isIP, type LookupFunction, type Socket } from 'node:net';
import { createTunnel, type Tunnel } from './egress-proxy.ts';
import { shareLookups, type LookupAll } from './shared-lookup.ts';

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

interface EgressSettings {
  /** CIDRs. */
  exceptions: readonly string[];
  /** Where it is given, every connection goes through it. */
  proxyUrl?: string | undefined;
  /** Of an attempt: for so long a connection through the proxy may take. */
  timeoutMs: number;
  /** Node's own but in tests. */
  lookup?: LookupAll;
}

/** The one way out: agents whose connections reach public addresses and `exceptions`, whatever a URL or a name server says. */
export function createEgress({ exceptions, proxyUrl, timeoutMs, lookup = askNameServer }: EgressSettings) {
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

  const lookupShared = shareLookups(lookup);

  /** Gives the connection those addresses of a name that are allowed; the connection goes to one of these and nowhere else. */
  const lookupAllowed: LookupFunction = (hostname, options, done) => {
    lookupShared(hostname, { ...options, all: true }, (error, addresses) => {
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

  /** A literal address is not looked up. */
  async function addressesOf(host: string): Promise<string[]> {
    if (isIP(host) !== 0) return [host];
    const { promise, resolve, reject } = Promise.withResolvers<string[]>();
    lookupAllowed(host, { all: true }, (error, addresses) => {
      if (error !== null || typeof addresses === 'string') reject(error ?? new Error('One address where all were asked for'));
      else resolve(addresses.map(({ address }) => address));
    });
    return promise;
  }

  const tunnel = proxyUrl === undefined ? null : createTunnel(new URL(proxyUrl));
  const guard = <Guarded extends HttpAgent>(agent: Guarded): Guarded => {
    guardLiterals(agent, isAllowed);
    return tunnel === null ? agent : leadThrough(agent, { tunnel, addressesOf, isAllowed, timeoutMs });
  };
  return { isAllowed, mayReach, agents: { http: guard(new HttpAgent(agentOptions)), https: guard(new HttpsAgent(agentOptions)) } };
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

interface Leading {
  tunnel: Tunnel;
  addressesOf(host: string): Promise<string[]>;
  isAllowed(address: string): boolean;
  timeoutMs: number;
}

/** Node waits for a connection before it lets a request that is out of time go. */
class ConnectingTooLong extends Error {
  readonly code = 'ETIMEDOUT';
}

/** Resolves and judges here, then connects through the proxy to what was judged. TLS is spoken inside, with the name that was asked for. */
function leadThrough<Led extends HttpAgent>(agent: Led, { tunnel, addressesOf, isAllowed, timeoutMs }: Leading): Led {
  const connect = agent.createConnection.bind(agent);
  type Connect = Parameters<typeof connect>;

  async function open({ host, port }: Connect[0], signal: AbortSignal): Promise<Socket> {
    const addresses = (await addressesOf(String(host))).filter(isAllowed);
    if (addresses.length === 0) throw new AddressNotAllowed(`${host} has no public address`);
    return tunnel(addresses, Number(port), signal);
  }

  async function lead(options: Connect[0], done: Connect[1]): Promise<void> {
    const outOfTime = new AbortController();
    const { promise: tooLong, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      const error = new ConnectingTooLong('No connection in time');
      outOfTime.abort(error);
      reject(error);
    }, timeoutMs);
    try {
      const socket = await Promise.race([open(options, outOfTime.signal), tooLong]);
      done?.(null, agent instanceof HttpsAgent ? connect(Object.assign({}, options, { socket }))! : socket);
    } catch (error) {
      // Its type wants a connection beside the error; Node does not.
      if (done !== undefined) Reflect.apply(done, undefined, [error]);
    } finally {
      clearTimeout(timer);
    }
  }

  agent.createConnection = (options, done) => void lead(options, done);
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

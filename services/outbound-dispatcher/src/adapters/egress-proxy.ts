import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type Socket } from 'node:net';

/** The proxy does not answer. */
class ProxyUnavailable extends Error {
  readonly code = 'PROXY_UNAVAILABLE';
}
/** It has answered, and makes no tunnel. */
class ProxyRefused extends Error {
  readonly code = 'PROXY_REFUSED';
}

/** Of a name with many: an attempt has five seconds. */
const ADDRESSES_TRIED_MAX = 3;

export type Tunnel = (addresses: readonly string[], port: number, signal: AbortSignal) => Promise<Socket>;

/**
 * Tunnels by CONNECT (RFC 9110, 9.3.6) to an address, never to a name: what we have checked is what the proxy connects to. Where it cannot
 * reach one address, the next.
 */
export function createTunnel(proxy: URL): Tunnel {
  const request = proxy.protocol === 'https:' ? requestHttps : requestHttp;
  const credentials = [proxy.username, proxy.password].map(decodeURIComponent).join(':');
  const authorization = credentials === ':' ? {} : { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };

  function connectTo(target: string, signal: AbortSignal): Promise<Socket> {
    const { promise, resolve, reject } = Promise.withResolvers<Socket>();
    const place = { host: proxy.hostname.replace(/^\[|\]$/g, ''), ...(proxy.port !== '' && { port: Number(proxy.port) }) };
    const connecting = request({ ...place, method: 'CONNECT', path: target, headers: { host: target, ...authorization }, agent: false, signal });
    const refuse = ({ statusCode }: IncomingMessage) => {
      reject(new ProxyRefused(`The egress proxy answered ${statusCode}`));
      connecting.destroy();
    };
    connecting.on('error', (error) => reject(signal.aborted ? signal.reason : new ProxyUnavailable('The egress proxy does not answer', { cause: error })));
    connecting.once('response', refuse);
    connecting.once('connect', (response, socket: Socket) => {
      if (response.statusCode !== 200) return refuse(response);
      // Its listener was the request's: one that breaks later must not end the process.
      socket.on('error', () => {});
      resolve(socket);
    });
    connecting.end();
    return promise;
  }

  return async (addresses, port, signal) => {
    let failure: unknown;
    for (const address of addresses.slice(0, ADDRESSES_TRIED_MAX)) {
      try {
        return await connectTo(`${isIP(address) === 6 ? `[${address}]` : address}:${port}`, signal);
      } catch (error) {
        failure = error;
        if (!(error instanceof ProxyRefused)) break;
      }
    }
    throw failure;
  };
}

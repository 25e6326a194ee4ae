import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';

interface ReceivedRequest {
  path: string;
  headers: Record<string, string>;
  /** The bytes as they came: the signature is over them. */
  body: Buffer;
}

export type Behaviour = (response: ServerResponse, request: IncomingMessage) => void;

/** How a receiver can answer, by what it does. */
export const behaviours = {
  answer: (status: number, text = 'ok', headers: Record<string, string> = {}): Behaviour => (response) => void response.writeHead(status, headers).end(text),
  silence: (): Behaviour => () => {},
  slowBody: (): Behaviour => (response) => void response.writeHead(200).write('half'),
  cutBody: (headers: Record<string, string> = {}): Behaviour => (response) => response.writeHead(200, headers).write('half', () => response.destroy()),
  reset: (): Behaviour => (_response, { socket }) => void socket.resetAndDestroy(),
  endlessBody: (): Behaviour => (response) => {
    const chunk = Buffer.alloc(16_384, 'x');
    const pour = () => { while (response.writable && response.write(chunk)); };
    response.on('drain', pour).on('error', () => {});
    pour();
  },
  garbage: (): Behaviour => (_response, { socket }) => void socket.end('not HTTP\r\n\r\n'),
};

/** A partner's endpoint on loopback: does as it is told, per path, else answers 200 `ok`, and remembers what it got. `tls`: for https. */
export async function startReceiver({ tls }: { tls?: { key: Buffer; cert: Buffer } } = {}) {
  const requests: ReceivedRequest[] = [];
  const programme = new Map<string, Behaviour[]>();
  let connections = 0;
  async function receive(request: IncomingMessage, response: ServerResponse) {
    const body = Buffer.concat(await request.toArray());
    const path = request.url ?? '';
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    requests.push({ path, headers, body });
    const planned = programme.get(path) ?? [];
    const behaviour = planned.length > 1 ? planned.shift() : planned[0];
    (behaviour ?? behaviours.answer(200))(response, request);
  }
  const listener = (request: IncomingMessage, response: ServerResponse) => void receive(request, response);
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  server.on('connection', () => { connections++; });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port');
  const { port } = address;
  return {
    port,
    /** By its name where it speaks TLS. */
    url: (path: string) => (tls === undefined ? `http://127.0.0.1:${port}${path}` : `https://localhost:${port}${path}`),
    requests,
    at: (path: string) => requests.filter((request) => request.path === path),
    connections: () => connections,
    /** One behaviour per request, the last for all that follow. */
    program: (path: string, ...planned: Behaviour[]) => void programme.set(path, planned),
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
export type Receiver = Awaited<ReturnType<typeof startReceiver>>;

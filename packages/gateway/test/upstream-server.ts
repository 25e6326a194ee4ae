import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { freePort } from '@waggle/local-stack';

export interface Seen {
  method: string | undefined;
  target: string | undefined;
  headers: IncomingMessage['headers'];
  bodyBytes: number;
  bodySha256: string;
}

/** A server in the place of a service: what it does with a request is up to the test. */
export interface UpstreamServer {
  url: string;
  answer: RequestListener;
  /** Requests whose head has arrived, and connections, since the last `forget`. */
  requests: number;
  connections: number;
  forget(): void;
  start(): Promise<void>;
  /** As if killed: all connections are cut. */
  stop(): Promise<void>;
}

export async function createUpstream(): Promise<UpstreamServer> {
  const port = await freePort();
  // As the services have it.
  const server = createServer({ maxHeaderSize: 40_960, keepAliveTimeout: 65_000 }, (request, response) => {
    upstream.requests++;
    upstream.answer(request, response);
  });
  server.on('connection', () => upstream.connections++);
  const upstream: UpstreamServer = {
    url: `http://127.0.0.1:${port}`,
    answer: echo,
    requests: 0,
    connections: 0,
    forget() {
      upstream.answer = echo;
      upstream.requests = 0;
      upstream.connections = 0;
    },
    async start() {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  await upstream.start();
  return upstream;
}

/** Says what has arrived. */
export const echo: RequestListener = (request, response) => {
  const hash = createHash('sha256');
  let bodyBytes = 0;
  request.on('data', (chunk: Buffer) => {
    bodyBytes += chunk.length;
    hash.update(chunk);
  });
  request.on('end', () => {
    const seen: Seen = { method: request.method, target: request.url, headers: request.headers, bodyBytes, bodySha256: hash.digest('hex') };
    const text = JSON.stringify(seen);
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text), 'X-Request-Id': 'req_upstream' }).end(text);
  });
};

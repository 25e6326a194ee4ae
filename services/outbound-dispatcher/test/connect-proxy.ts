import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';

/** A proxy that forwards what it is asked to by CONNECT, and remembers to where. */
export async function startConnectProxy({ answer }: { answer?: string | null } = {}) {
  const targets: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((_request, response) => void response.writeHead(405).end());
  server.on('connection', (socket) => sockets.add(socket));
  server.on('connect', (request, client, head) => {
    const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(request.url ?? '') ?? [];
    targets.push(`${host}:${port}`);
    authorizations.push(request.headers['proxy-authorization']);
    if (answer === null) return;
    if (answer !== undefined) {
      client.end(`HTTP/1.1 ${answer}\r\n\r\n`);
      return;
    }
    const upstream = connect({ host: host.replace(/^\[|\]$/g, ''), port: Number(port) });
    upstream.once('connect', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      client.pipe(upstream).pipe(client);
    });
    upstream.on('error', () => client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
    client.on('error', () => upstream.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port');
  return {
    host: `127.0.0.1:${address.port}`,
    targets,
    authorizations,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

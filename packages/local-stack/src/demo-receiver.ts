import { createServer, type IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';

export interface ReceivedWebhook {
  headers: IncomingHttpHeaders;
  /** The bytes as they came: the signature is over them. */
  body: string;
}

export interface DemoReceiver {
  url: string;
  received: readonly ReceivedWebhook[];
  close(): Promise<void>;
}

/** What a partner writes: takes webhooks and answers 200. Here it keeps them for the demo to look at. `host`: where services reach this machine. */
export async function openDemoReceiver(host = '127.0.0.1'): Promise<DemoReceiver> {
  const received: ReceivedWebhook[] = [];
  const server = createServer((request, response) => {
    text(request).then(
      (body) => {
        received.push({ headers: request.headers, body });
        response.writeHead(200).end();
      },
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the demo receiver has no port');
  return {
    url: `http://${host}:${address.port}/demo`,
    received,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

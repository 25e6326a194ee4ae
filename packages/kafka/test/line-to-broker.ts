import { connect, createServer, type Socket } from 'node:net';
import { freePort } from '@waggle/local-stack';
import { afterAll, beforeAll } from '@jest/globals';

/** A line to the broker on which answers can get lost, and which can be cut. */
export function useLineToBroker(broker: string) {
  const { port: brokerPort, hostname } = new URL(`kafka://${broker}`);
  const sockets = new Set<Socket>();
  let port = 0;
  const line = {
    swallowsAnswers: false,
    isCut: false,
    openSocket: () => connect(port, '127.0.0.1'),
    cut() {
      line.isCut = true;
      for (const socket of sockets) socket.destroy();
    },
  };
  const proxy = createServer((near) => {
    if (line.isCut) {
      near.destroy();
      return;
    }
    sockets.add(near);
    const far = connect(Number(brokerPort), hostname);
    near.pipe(far).on('data', (data) => line.swallowsAnswers || near.write(data));
    near.on('error', () => far.destroy()).on('close', () => far.destroy());
    far.on('error', () => near.destroy()).on('close', () => near.destroy());
  });

  beforeAll(async () => {
    port = await freePort();
    await new Promise<void>((resolve) => proxy.listen(port, '127.0.0.1', resolve));
  });
  afterAll(() => new Promise((resolve) => {
    line.cut();
    proxy.close(resolve);
  }));
  return line;
}

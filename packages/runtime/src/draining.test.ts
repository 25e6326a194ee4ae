import { once } from 'node:events';
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { expect, test } from '@jest/globals';
import { createDraining } from './draining.ts';

/** A server that answers when it is told to, and a client that keeps its one connection. */
async function aServer() {
  const open: ServerResponse[] = [];
  const server = createServer({ keepAliveTimeout: 60_000 }, (_request, response) => void open.push(response));
  const drain = createDraining(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const ask = () => new Promise<IncomingMessage>((resolve, reject) => {
    request({ port, agent, path: '/' }, (answer) => resolve(answer.resume())).on('error', reject).end();
  });
  const asked = async (count: number) => { while (open.length < count) await new Promise(setImmediate); };
  return { open, drain, ask, asked, agent };
}

test('what is under way at a stop is finished on a connection that is then closed', async () => {
  const { open, drain, ask, asked, agent } = await aServer();
  const first = ask();
  await asked(1);
  const drained = drain();
  open[0]!.end('done');
  expect((await first).headers.connection).toBe('close');
  await drained;
  agent.destroy();
});

test('a connection whose answer had begun before the stop is closed behind it, however long it would be kept', async () => {
  const { open, drain, ask, asked, agent } = await aServer();
  const first = ask();
  await asked(1);
  open[0]!.write('a part');
  const answer = await first;
  expect(answer.headers.connection).toBe('keep-alive');
  const drained = drain();
  open[0]!.end('the rest');
  await drained;
  agent.destroy();
});

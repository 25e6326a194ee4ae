import { connect, createServer, type Server } from 'node:net';
import { freePort } from '@waggle/local-stack';
import { createLogger } from '@waggle/runtime';
import { eventually, useStack } from '@waggle/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createProducer } from '../src/producer.ts';

const stack = useStack();
const topic = 'public.behavior.event.v1';
const published = stack.collect(topic);
const line = { swallowsAnswers: false };
let proxy: Server;
let port: number;

/** A line to the broker on which answers can get lost. */
beforeAll(async () => {
  const broker = new URL(`kafka://${stack.kafka.brokers[0]}`);
  proxy = createServer((near) => {
    const far = connect(Number(broker.port), broker.hostname);
    near.pipe(far).on('data', (data) => line.swallowsAnswers || near.write(data));
    near.on('error', () => far.destroy()).on('close', () => far.destroy());
    far.on('error', () => near.destroy()).on('close', () => near.destroy());
  });
  port = await freePort();
  await new Promise<void>((resolve) => proxy.listen(port, '127.0.0.1', resolve));
});
afterAll(() => new Promise((resolve) => proxy.close(resolve)));

test('what is acknowledged is in the log, also after a send whose answer was lost', async () => {
  const settings = { ...stack.kafka, requestTimeoutMs: 200, openSocket: () => connect(port, '127.0.0.1') };
  const producer = createProducer(settings, createLogger('test', 'silent'));
  const stop = await stack.run([producer]);
  const send = (value: string) => producer.publish([{ topic, key: 'k', value, headers: {} }]);

  await send('1');
  line.swallowsAnswers = true;
  await expect(send('2')).rejects.toThrow();
  line.swallowsAnswers = false;
  await send('3');
  await send('4');

  await eventually(() => expect(published.map(({ value }) => value)).toContain('4'));
  expect(published.map(({ value }) => value)).toEqual(expect.arrayContaining(['1', '3', '4']));
  await stop();
});

test('large records that come at once are cut to what the broker takes, in order', async () => {
  const producer = createProducer(stack.kafka, createLogger('test', 'silent'));
  const stop = await stack.run([producer]);
  const values = Array.from({ length: 30 }, (_, index) => `${index}:${'x'.repeat(60_000)}`);
  await producer.publish(values.map((value) => ({ topic, key: 'large', value, headers: {} })));
  const large = () => published.filter(({ key }) => key === 'large').map(({ value }) => value);
  await eventually(() => expect(large()).toHaveLength(30));
  expect(large()).toEqual(values);
  await stop();
});

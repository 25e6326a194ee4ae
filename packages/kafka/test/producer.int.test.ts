import { createRequire } from 'node:module';
import { createLogger } from '@waggle/runtime';
import { eventually, useStack } from '@waggle/testkit';
import { expect, jest, test } from '@jest/globals';
import { createProducer } from '../src/producer.ts';
import { useLineToBroker } from './line-to-broker.ts';

const stack = useStack();
const topic = 'public.behavior.event.v1';
const published = stack.collect(topic);
const line = useLineToBroker(stack.kafka.brokers[0] ?? '');

test('what is acknowledged is in the log, also after a send whose answer was lost', async () => {
  const settings = { ...stack.kafka, requestTimeoutMs: 1_000, openSocket: line.openSocket };
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

test('records are written by our own encoder, and the broker takes them', async () => {
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/protocol/encoder');
  const kafkaJsWritesHeaders = jest.spyOn(prototype, 'writeVarIntArray');
  const producer = createProducer(stack.kafka, createLogger('test', 'silent'));
  const stop = await stack.run([producer]);
  await producer.publish([{ topic, key: 'own', value: 'ü', headers: { name: '€' } }]);
  await eventually(() => expect(published.find(({ key }) => key === 'own')).toMatchObject({ value: 'ü', headers: { name: '€' } }));
  expect(kafkaJsWritesHeaders).not.toHaveBeenCalled();
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

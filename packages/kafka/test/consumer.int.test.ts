import { createLogger } from '@waggle/runtime';
import { eventually, useStack } from '@waggle/testkit';
import { expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { createConsumer } from '../src/consumer.ts';
import { done, type RawRecord } from '../src/batch-handler.ts';
import { useLineToBroker } from './line-to-broker.ts';

const stack = useStack();
const topic = 'public.behavior.event.v1';
const line = useLineToBroker(stack.kafka.brokers[0] ?? '');
const logger = createLogger('test', 'silent');

test('a backlog is handled in batches, each of a bounded size, in order', async () => {
  const batches: number[][] = [];
  const consumer = createConsumer(
    { kafka: stack.kafka, groupId: 'bounded', deadLetterTopic: 'unused', batchMax: 70 },
    {
      handler: {
        topic: 'public.webhook.delivery.v1',
        async handle(records) {
          batches.push(records.map(({ value }) => Number(value)));
          return records.map(done);
        },
      },
      publish: stack.publish, logger, metrics: new Registry(),
    },
  );
  const numbers = Array.from({ length: 500 }, (_, index) => index);
  await stack.publish(numbers.map((number) => ({ topic: 'public.webhook.delivery.v1', key: 'k', value: String(number), headers: {} })));
  const stop = await stack.run([consumer]);
  await eventually(() => expect(batches.flat()).toEqual(numbers));
  await stop();
  expect(Math.max(...batches.map(({ length }) => length))).toBe(70);
});

test('a broker that is away is waited for, however often the consumer crashes meanwhile', async () => {
  const [values, failures]: [string[], unknown[]] = [[], []];
  const handle = async (records: readonly RawRecord[]) => {
    values.push(...records.map(({ value }) => value));
    return records.map(done);
  };
  const consumer = createConsumer(
    { kafka: { ...stack.kafka, openSocket: line.openSocket }, groupId: 'waiting', deadLetterTopic: 'unused', silentAfterMs: 5_000, stuckAfterMs: 10_000, restartsMax: 0 },
    { handler: { topic, handle }, publish: stack.publish, logger, metrics: new Registry() },
  );
  await consumer.start((error) => failures.push(error));
  try {
    await stack.publish([{ topic, key: 'k', value: '1', headers: {} }]);
    await eventually(() => expect(values).toEqual(['1']));

    line.cut();
    await eventually(() => expect(consumer.health?.()).toBe('neither fetch nor heartbeat lately'), { timeoutMs: 20_000 });
    await stack.publish([{ topic, key: 'k', value: '2', headers: {} }]);
    line.isCut = false;
    await eventually(() => expect(values).toContain('2'), { timeoutMs: 30_000 });
  } finally {
    await consumer.stop();
  }
  expect(failures).toEqual([]);
}, 90_000);

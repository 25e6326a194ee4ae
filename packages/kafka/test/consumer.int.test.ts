import type { Socket } from 'node:net';
import { createLogger } from '@waggle/runtime';
import { eventually, useStack } from '@waggle/testkit';
import { expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { createConsumer } from '../src/consumer.ts';
import { done, rejected, type RawRecord } from '../src/batch-handler.ts';
import { useLineToBroker } from './line-to-broker.ts';

const stack = useStack();
const topic = 'public.behavior.event.v1';
const fatal = 'private.user.erased.v1';
const published = stack.collect(fatal);
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

test('who is in no hurry fetches once what came during its rest, and has it as one batch', async () => {
  const batches: string[][] = [];
  const handle = async (records: readonly RawRecord[]) => {
    batches.push(records.map(({ value }) => value));
    return records.map(done);
  };
  const fetches = { count: 0 };
  const consumer = createConsumer(
    { kafka: { ...stack.kafka, openSocket: countFetches(fetches, line.openSocket) }, groupId: 'rested', deadLetterTopic: 'unused', restMs: 2_000 },
    { handler: { topic: 'public.campaign.event.v1', handle }, publish: stack.publish, logger, metrics: new Registry() },
  );
  const publish = (value: string) => stack.publish([{ topic: 'public.campaign.event.v1', key: 'k', value, headers: {} }]);
  const stop = await stack.run([consumer]);
  await publish('first');
  await eventually(() => expect(batches).toEqual([['first']]));
  const before = fetches.count;
  for (const value of ['second', 'third', 'fourth']) await publish(value);
  await eventually(() => expect(batches).toEqual([['first'], ['second', 'third', 'fourth']]));
  expect(fetches.count - before).toBe(1);
  await stop();
});

/** Kafka's protocol: four bytes of length, two that say what is asked. */
const FETCH = 1;

const countFetches = (fetches: { count: number }, openSocket: () => Socket) => () => {
  const socket = openSocket();
  const write: Socket['write'] = socket.write.bind(socket);
  socket.write = (...given: unknown[]) => {
    const [bytes] = given;
    if (bytes instanceof Uint8Array && Buffer.from(bytes).readInt16BE(4) === FETCH) fetches.count++;
    return Reflect.apply(write, socket, given);
  };
  return socket;
};

test('a broker that is away is waited for, however often the consumer crashes meanwhile; stopping does not wait for it', async () => {
  const [values, failures]: [string[], unknown[]] = [[], []];
  const handle = async (records: readonly RawRecord[]) => {
    values.push(...records.map(({ value }) => value));
    return records.map(done);
  };
  const consumer = createConsumer(
    { kafka: { ...stack.kafka, openSocket: line.openSocket }, groupId: 'waiting', deadLetterTopic: 'unused', silentAfterMs: 5_000, stuckAfterMs: 10_000, restartsMax: 0 },
    { handler: { topic, handle }, publish: stack.publish, logger, metrics: new Registry() },
  );
  const leaving = aConsumerWithABatchInHand();
  await Promise.all([consumer.start((error) => failures.push(error)), leaving.consumer.start((error) => failures.push(error))]);
  try {
    await stack.publish([{ topic, key: 'k', value: '1', headers: {} }]);
    await eventually(() => expect(values).toEqual(['1']));
    await leaving.isTaken;

    line.cut();
    await eventually(() => expect(consumer.health?.()).toBe('neither fetch nor heartbeat lately'), { timeoutMs: 20_000 });
    const stopped = leaving.consumer.stop().then(() => leaving.steps.push('stopped'));
    leaving.letGo();
    await stopped;
    expect(leaving.steps).toEqual(['handled', 'stopped']);

    await stack.publish([{ topic, key: 'k', value: '2', headers: {} }]);
    line.isCut = false;
    await eventually(() => expect(values).toContain('2'), { timeoutMs: 30_000 });
    await eventually(() => expect(leaving.sockets.filter(({ destroyed }) => !destroyed)).toEqual([]));
  } finally {
    line.isCut = false;
    await consumer.stop();
  }
  expect(failures).toEqual([]);
}, 90_000);

function aConsumerWithABatchInHand() {
  const [taken, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const [steps, sockets]: [string[], Socket[]] = [[], []];
  const handle = async (records: readonly RawRecord[]) => {
    taken.resolve();
    await released.promise;
    steps.push('handled');
    return records.map(done);
  };
  const consumer = createConsumer(
    { kafka: { ...stack.kafka, openSocket: keepIn(sockets, line.openSocket) }, groupId: 'leaving', deadLetterTopic: 'unused' },
    { handler: { topic, handle }, publish: stack.publish, logger, metrics: new Registry() },
  );
  return { consumer, steps, sockets, isTaken: taken.promise, letGo: released.resolve };
}

const keepIn = (sockets: Socket[], openSocket: () => Socket) => () => {
  const socket = openSocket();
  sockets.push(socket);
  return socket;
};

test('who cannot subscribe leaves no connection behind', async () => {
  const sockets: Socket[] = [];
  const consumer = createConsumer(
    { kafka: { ...stack.kafka, openSocket: keepIn(sockets, line.openSocket) }, groupId: 'nothing', deadLetterTopic: 'unused' },
    { handler: { topic: 'not.there', handle: async () => [] }, publish: stack.publish, logger, metrics: new Registry() },
  );
  await expect(consumer.start(() => {})).rejects.toThrow('does not host this topic');
  expect(sockets).not.toEqual([]);
  await eventually(() => expect(sockets.filter(({ destroyed }) => !destroyed)).toEqual([]), { timeoutMs: 5_000 });
}, 30_000);

test('a record that can neither be handled nor set aside ends the consumer, and nothing behind it is handled', async () => {
  const [values, failures]: [string[], unknown[]] = [[], []];
  const consumer = createConsumer(
    { kafka: stack.kafka, groupId: 'lost', deadLetterTopic: 'unused', batchMax: 1 },
    {
      handler: {
        topic: fatal,
        async handle(records) {
          values.push(...records.map(({ value }) => value));
          return records.map(() => rejected('bad'));
        },
      },
      publish: () => Promise.reject(new Error('The letters are full')), logger, metrics: new Registry(),
    },
  );
  await consumer.start((error) => failures.push(error));
  for (const value of ['1', '2']) {
    await stack.publish([{ topic: fatal, key: 'k', value, headers: {} }]);
    await eventually(() => expect(failures.map(String)).toContain('Error: The letters are full'));
    await eventually(() => expect(published.map((record) => record.value)).toContain(value));
  }
  await consumer.stop();
  expect(new Set(values)).toEqual(new Set(['1']));
}, 30_000);

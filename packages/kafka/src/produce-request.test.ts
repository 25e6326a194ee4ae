import { createRequire } from 'node:module';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { isPlain, writeProduceRequest, type ProduceParameters } from './produce-request.ts';

const require = createRequire(import.meta.url);
const kafkaJsRequest: (parameters: ProduceParameters) => { encode(): Promise<{ buffer: Buffer }> } = require('kafkajs/src/protocol/requests/produce/v7/request');

const NOW = 1_790_000_000_000;
beforeAll(() => {
  jest.useFakeTimers({ now: NOW, doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
});
afterAll(() => {
  jest.useRealTimers();
});

const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
/** Around where a length needs one byte more. */
const edge = fc.constantFrom(...[63, 64, 8_191, 8_192].flatMap((length) => ['x'.repeat(length), `ü${'x'.repeat(length - 2)}`, 'ü'.repeat(length / 2)]));
const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.string({ unit: 'grapheme', maxLength: 90 }), edge, bytes);
const message = fc.record({
  key: fc.option(text),
  value: fc.option(text),
  headers: fc.dictionary(fc.string({ minLength: 1, maxLength: 70 }), fc.oneof(text, fc.array(text, { maxLength: 3 })), { noNullPrototype: true }),
});
const partition = fc.record({ partition: fc.nat({ max: 100 }), firstSequence: fc.nat(), messages: fc.array(message, { minLength: 1, maxLength: 80 }) });
const parameters: fc.Arbitrary<ProduceParameters> = fc.record({
  acks: fc.constantFrom(-1, 0, 1),
  timeout: fc.nat(),
  producerId: fc.bigInt({ min: -1n, max: 2n ** 62n }),
  producerEpoch: fc.nat({ max: 32_767 }),
  topicData: fc.array(fc.record({ topic: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 50 }), partitions: fc.array(partition, { minLength: 1, maxLength: 3 }) }), { minLength: 1, maxLength: 3 }),
});

test('a request is byte for byte what KafkaJS would write', async () => {
  await fc.assert(fc.asyncProperty(parameters, async (given) => {
    expect(isPlain(given)).toBe(true);
    const { buffer } = await kafkaJsRequest(given).encode();
    expect(writeProduceRequest(given, NOW).equals(buffer)).toBe(true);
  }), { numRuns: 60 });
});

test.each([
  ['compression', { compression: 1 }], ['a transaction', { transactionalId: 'transaction' }],
  ['a time of its own', { topicData: [{ topic: 'topic', partitions: [{ partition: 0, messages: [{ value: '', timestamp: '1' }] }] }] }],
])('what has %s is left to KafkaJS', (_, given) => {
  expect(isPlain({ acks: -1, timeout: 1, topicData: [], ...given })).toBe(false);
});

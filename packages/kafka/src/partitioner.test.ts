import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Partitioners } from 'kafkajs';
import { partitionOf } from './partitioner.ts';

const kafkaJs = Partitioners.DefaultPartitioner();
const partitionByKafkaJs = (key: string, count: number) => {
  const partitionMetadata = Array.from({ length: count }, (_, partitionId) => ({ partitionErrorCode: 0, partitionId, leader: 1, replicas: [1], isr: [1], offlineReplicas: [] }));
  return kafkaJs({ topic: 't', partitionMetadata, message: { key, value: '' } });
};

test('a key goes where every other Kafka client puts it', () => {
  const keys = fc.oneof(fc.string(), fc.string({ unit: 'binary', maxLength: 200 }), fc.uuid().map((id) => `ws_${id}:usr_${id}`));
  fc.assert(fc.property(keys, fc.integer({ min: 1, max: 48 }), (key, count) => {
    expect(partitionOf(key, count)).toBe(partitionByKafkaJs(key, count));
  }), { numRuns: 2_000 });
});

import { done, type RawRecord } from '@waggle/kafka';
import { expect, test } from '@jest/globals';
import { createRightOfWay } from './right-of-way.ts';

const records: RawRecord[] = [{ partition: 0, offset: '0', key: 'k', value: '{}', headers: {} }];
const timeOf = async (work: () => Promise<void>) => {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
};

test('where nobody waits bulk goes on at once; once somebody has, it rests four times as long as it worked', async () => {
  const rightOfWay = createRightOfWay();
  expect(rightOfWay.isQuiet()).toBe(true);
  expect(await timeOf(() => rightOfWay.rest(10_000))).toBeLessThan(200);

  const single = rightOfWay.before({ topic: 'singles', handle: async (batch) => batch.map(done) });
  await single.handle(records);
  expect(rightOfWay.isQuiet()).toBe(false);
  expect(await timeOf(() => rightOfWay.rest(10))).toBeGreaterThanOrEqual(39);
});

test('bulk gives way to single requests that are being handled, and to nobody for ever', async () => {
  const rightOfWay = createRightOfWay();
  const { promise: handled, resolve: finish } = Promise.withResolvers<void>();
  const single = rightOfWay.before({ topic: 'singles', handle: async (batch) => {
    await handled;
    return batch.map(done);
  } });
  const handling = single.handle(records);
  const way = rightOfWay.giveWay();
  finish();
  await Promise.all([way, handling]);

  const hanging = rightOfWay.before({ topic: 'singles', handle: () => new Promise(() => {}) });
  void hanging.handle(records);
  await rightOfWay.giveWay();
  expect(rightOfWay.isQuiet()).toBe(false);
});

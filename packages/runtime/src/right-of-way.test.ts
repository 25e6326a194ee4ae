import { expect, test } from '@jest/globals';
import { createRightOfWay } from './right-of-way.ts';

const timeOf = async (work: () => Promise<void>) => {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
};

test('where nobody waits bulk goes on at once; once somebody has, it rests several times as long as it worked', async () => {
  const rightOfWay = createRightOfWay({ slowMs: 1_000, restsMax: 4 });
  expect(rightOfWay.isQuiet()).toBe(true);
  expect(rightOfWay.restsPerWork()).toBe(0);
  expect(await timeOf(() => rightOfWay.rest(10_000))).toBeLessThan(500);

  expect(await rightOfWay.lead(async () => 'answered')).toBe('answered');
  expect(rightOfWay.isQuiet()).toBe(false);
  expect(rightOfWay.restsPerWork()).toBe(4);
  expect(await timeOf(() => rightOfWay.rest(20))).toBeGreaterThanOrEqual(75);
});

test('bulk gives way to all that somebody waits for, and to nobody for ever', async () => {
  const rightOfWay = createRightOfWay({ slowMs: 1_000, restsMax: 4 });
  const [first, second] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
  const order: string[] = [];
  for (const { promise } of [first, second]) void rightOfWay.lead(() => promise).then((name) => order.push(name));
  const way = rightOfWay.giveWay().then(() => order.push('bulk'));
  second.resolve('second');
  first.resolve('first');
  await way;
  expect(order).toEqual(['second', 'first', 'bulk']);

  void rightOfWay.lead(() => new Promise(() => {}));
  await rightOfWay.giveWay();
  expect(rightOfWay.isQuiet()).toBe(false);
});

test('a failure is the caller\'s alone', async () => {
  const rightOfWay = createRightOfWay({ slowMs: 1_000, restsMax: 4 });
  await expect(rightOfWay.lead(() => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
  await rightOfWay.giveWay();
});

test('what others take while there is no bulk says nothing about how much bulk they stand', async () => {
  const rightOfWay = createRightOfWay({ slowMs: 1_000, restsMax: 4 });
  for (let n = 0; n < 400; n++) await rightOfWay.lead(async () => {});
  expect(rightOfWay.restsPerWork()).toBe(4);
  await rightOfWay.rest(1);
  for (let n = 0; n < 400; n++) await rightOfWay.lead(async () => {});
  expect(rightOfWay.restsPerWork()).toBeLessThan(4);
});

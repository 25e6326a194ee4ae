import { expect, test } from '@jest/globals';
import { createRestsPerWork } from './rests-per-work.ts';

const after = (count: number, tookMs: (n: number) => number) => {
  const rests = createRestsPerWork({ slowMs: 20, restsMax: 12 });
  for (let n = 1; n <= count; n++) rests.learn(tookMs(n));
  return rests.current();
};

test('bulk is careful until others were seen to be quick, and never goes without a rest', () => {
  expect(after(0, () => 0)).toBe(12);
  const [little, much] = [after(50, () => 5), after(300, () => 5)];
  expect(little).toBeLessThan(12);
  expect(much).toBeLessThan(little);
  expect(after(10_000, () => 5)).toBe(1);
});

test('rests grow when more than one in a hundred is slow, and shrink when fewer are', () => {
  const slowOneIn = (each: number) => (n: number) => (n % each === 0 ? 21 : 20);
  expect(after(10_000, slowOneIn(50))).toBeGreaterThan(7);
  expect(after(10_000, slowOneIn(200))).toBeLessThan(2);
});

test('however slow all are, bulk gets on; and what was slow is forgotten', () => {
  expect(after(1_000, () => 500)).toBe(12);
  expect(after(2_000, (n) => (n <= 1_000 ? 500 : 5))).toBe(1);
});

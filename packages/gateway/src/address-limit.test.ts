import { expect, test } from '@jest/globals';
import { createAddressLimit } from './address-limit.ts';

const times = (count: number, admit: () => boolean) => Array.from({ length: count }, admit).filter(Boolean).length;

test('an address may send a minute’s requests at once, then one each time as one has leaked', () => {
  const { admit, retryAfterSeconds } = createAddressLimit(60);
  expect(times(100, () => admit('a', 0))).toBe(60);
  expect(admit('a', retryAfterSeconds * 1_000 - 1)).toBe(false);
  expect(times(2, () => admit('a', retryAfterSeconds * 1_000))).toBe(1);
  expect(times(100, () => admit('a', 3_600_000))).toBe(60);
});

test('a refused request does not count', () => {
  const { admit } = createAddressLimit(2);
  expect(times(50, () => admit('a', 0))).toBe(2);
  expect(admit('a', 30_000)).toBe(true);
});

test('addresses do not share a bucket', () => {
  const { admit } = createAddressLimit(2);
  expect(times(9, () => admit('a', 0))).toBe(2);
  expect(times(9, () => admit('b', 0))).toBe(2);
});

test('past 100,000 addresses the one longest silent is forgotten', () => {
  const { admit } = createAddressLimit(2);
  expect([admit('quiet', 0), admit('quiet', 0), admit('busy', 0)]).toEqual([true, true, true]);
  for (let address = 0; address < 99_998; address++) admit(String(address), 0);
  expect(admit('busy', 0)).toBe(true);
  admit('one more', 0);
  expect([admit('busy', 0), admit('quiet', 0)]).toEqual([false, true]);
});

import { expect, test } from '@jest/globals';
import { isWellFormedApiKey, makeApiKey } from './api-key.ts';

test('keys are well formed, and no two are alike', () => {
  const keys = Array.from({ length: 500 }, makeApiKey);
  expect(keys.every(isWellFormedApiKey)).toBe(true);
  expect(new Set(keys).size).toBe(500);
});

test('a mistyped key is known for one', () => {
  const key = makeApiKey();
  const other = key[20] === 'x' ? 'y' : 'x';
  expect(isWellFormedApiKey(key.slice(0, 20) + other + key.slice(21))).toBe(false);
  expect(isWellFormedApiKey(key.slice(0, -1))).toBe(false);
  expect(isWellFormedApiKey('')).toBe(false);
});

import { expect, test } from '@jest/globals';
import { fromLocalInput, toLocalInput } from './local-input.ts';

test('a minute comes back from the field as it was', () => {
  const date = new Date(2026, 2, 8, 7, 5);
  expect(toLocalInput(date)).toBe('2026-03-08T07:05');
  expect(fromLocalInput(toLocalInput(date))).toBe(date.toISOString());
});

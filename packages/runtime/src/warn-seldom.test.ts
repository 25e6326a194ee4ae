import { expect, test } from '@jest/globals';
import { warnSeldom } from './warn-seldom.ts';

test('errors in a row are warned of once a second, from the first on', () => {
  const lines: unknown[] = [];
  let now = 0;
  const warn = warnSeldom({ warn: (...line: unknown[]) => void lines.push(line) }, 'redis', () => now);
  for (const [at, error] of [[0, 'first'], [1, 'silent'], [999, 'silent'], [1_000, 'second'], [1_999, 'silent'], [2_000, 'third'], [9_000, 'fourth']] as const) {
    now = at;
    warn(error);
  }
  expect(lines).toEqual(['first', 'second', 'third', 'fourth'].map((error) => [{ err: error }, 'redis']));
});

import { expect, test } from '@jest/globals';
import { judgeHealth } from './endpoint-health.ts';

const now = new Date('2026-03-28T08:12:44Z');
const ago = (hours: number) => new Date(now.getTime() - hours * 3_600_000);

test.each([
  { description: '99 failures and no success for long', failuresInRow: 99, failingFor: 48, quietFor: 48, verdict: null },
  { description: '100 failures and no success for 24 h', failuresInRow: 100, failingFor: 1, quietFor: 24, verdict: 'failing' },
  { description: '100 failures and a success within 24 h', failuresInRow: 100, failingFor: 1, quietFor: 23.9, verdict: null },
  { description: 'few failures, and nothing else, for 5 days', failuresInRow: 2, failingFor: 120, quietFor: 121, verdict: 'failing' },
  { description: 'few failures for less', failuresInRow: 2, failingFor: 119.9, quietFor: 500, verdict: null },
  { description: 'a first failure after a long time without any delivery', failuresInRow: 1, failingFor: 0, quietFor: 500, verdict: null },
  { description: 'a last attempt that was answered 410', failuresInRow: 1, failingFor: 0, quietFor: 0, isGone: true, verdict: 'gone' },
])('$description: $verdict', ({ failuresInRow, failingFor, quietFor, isGone = false, verdict }) => {
  expect(judgeHealth({ failuresInRow, failingSince: ago(failingFor), noSuccessSince: ago(quietFor), isGone }, now)).toBe(verdict);
});

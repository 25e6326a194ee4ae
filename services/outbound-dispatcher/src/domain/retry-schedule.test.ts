import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AttemptResult } from './attempt-result.ts';
import { afterAttempt } from './retry-schedule.ts';

const delaysMs = [5_000, 30_000, 180_000];
const nowMs = Date.parse('2026-03-28T08:12:44Z');
const schedule = { attemptsMade: 1, delaysMs, random: 0.5, nowMs };
const answered = (statusCode: number | null, fields: Partial<AttemptResult> = {}): AttemptResult => ({ statusCode, failure: null, retryAfter: null, responseBody: '', ...fields });

test.each([
  { description: '200 with a whole body', result: answered(200), status: 'succeeded', reason: null },
  { description: '200 with a cut body', result: answered(200, { failure: 'body_cut' }), status: 'retrying', reason: 'body_cut' },
  { description: '200 whose body takes too long', result: answered(200, { failure: 'timeout' }), status: 'retrying', reason: 'timeout' },
  { description: '201', result: answered(201), status: 'retrying', reason: 'status_201' },
  { description: '204', result: answered(204), status: 'retrying', reason: 'status_204' },
  { description: '302', result: answered(302), status: 'retrying', reason: 'status_302' },
  { description: '410', result: answered(410), status: 'retrying', reason: 'status_410' },
  { description: '503 with a cut body', result: answered(503, { failure: 'body_cut' }), status: 'retrying', reason: 'status_503' },
  { description: 'no answer', result: answered(null, { failure: 'connection_refused' }), status: 'retrying', reason: 'connection_refused' },
])('$description: $status, $reason', ({ result, status, reason }) => {
  expect(afterAttempt(result, schedule)).toMatchObject({ status, reason });
});

test('the delays are the three of the schedule within 20 %, and the fourth failure is the last', () => {
  fc.assert(fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 1, max: 4 }), (random, attemptsMade) => {
    const after = afterAttempt(answered(500), { ...schedule, attemptsMade, random });
    if (after.status !== 'retrying') return attemptsMade === 4 && after.status === 'failed';
    const delayMs = delaysMs[attemptsMade - 1]!;
    return after.delayMs >= 0.8 * delayMs && after.delayMs <= 1.2 * delayMs;
  }));
});

test.each([
  { description: 'seconds, longer than ours', statusCode: 503, retryAfter: '60', delayMs: 60_000 },
  { description: 'a date', statusCode: 429, retryAfter: 'Sat, 28 Mar 2026 08:13:44 GMT', delayMs: 60_000 },
  { description: 'more than an hour', statusCode: 429, retryAfter: '86400', delayMs: 3_600_000 },
  { description: 'less than ours', statusCode: 429, retryAfter: '1', delayMs: 5_000 },
  { description: 'a date in the past', statusCode: 503, retryAfter: 'Sat, 28 Mar 2020 08:13:44 GMT', delayMs: 5_000 },
  { description: 'nonsense', statusCode: 503, retryAfter: 'soon', delayMs: 5_000 },
  { description: 'another status', statusCode: 500, retryAfter: '60', delayMs: 5_000 },
])('Retry-After: $description', ({ statusCode, retryAfter, delayMs }) => {
  expect(afterAttempt(answered(statusCode, { retryAfter }), schedule)).toMatchObject({ delayMs });
});

import { expect, test } from '@jest/globals';
import { isUnanswered, pauseOf } from './breaker.ts';

test.each([
  { description: 'silence', attempt: { status_code: null, error: 'timeout' }, expected: true },
  { description: 'a body that does not end', attempt: { status_code: 200, error: 'timeout' }, expected: true },
  { description: 'a closed port', attempt: { status_code: null, error: 'connection_refused' }, expected: false },
  { description: 'a certificate that has expired', attempt: { status_code: null, error: 'certificate_expired' }, expected: false },
  { description: 'an address that we refuse', attempt: { status_code: null, error: 'address_not_allowed' }, expected: false },
  { description: 'an error of the receiver', attempt: { status_code: 500, error: 'status_500' }, expected: false },
  { description: 'a cut body', attempt: { status_code: 200, error: 'body_cut' }, expected: false },
  { description: 'success', attempt: { status_code: 200, error: null }, expected: false },
])('$description: $expected', ({ attempt, expected }) => {
  expect(isUnanswered(attempt)).toBe(expected);
});

test('pauses double, up to six times the first', () => {
  expect([0, 1, 2, 3, 60].map((pauses) => pauseOf(pauses, 5_000))).toEqual([5_000, 10_000, 20_000, 30_000, 30_000]);
});

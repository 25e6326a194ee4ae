import { expect, test } from '@jest/globals';
import { parseHeaders, requireFresh } from './headers.ts';
import { Refused } from './refused.ts';

const NOW = new Date('2026-01-02T03:04:05.900Z');
const SIGNATURE = 'ab'.repeat(32);
const well = { 'X-Buzz-Key-Id': 'ick_1', 'X-Buzz-Timestamp': '1767323045', 'X-Buzz-Signature': SIGNATURE };
const parse = (headers: Record<string, string | undefined>, isJson = true) => parseHeaders((name) => headers[name], isJson);
const codeOf = (work: () => unknown) => {
  try {
    work();
    return 'ok';
  } catch (error) {
    return error instanceof Refused ? error.code : String(error);
  }
};

test.each([
  { description: 'all three', headers: well, code: 'ok' },
  { description: 'white space around a value', headers: { ...well, 'X-Buzz-Timestamp': ' 1767323045 ' }, code: 'ok' },
  { description: 'a signature with v1=', headers: { ...well, 'X-Buzz-Signature': `v1=${SIGNATURE}` }, code: 'ok' },
  { description: 'a signature in upper case', headers: { ...well, 'X-Buzz-Signature': SIGNATURE.toUpperCase() }, code: 'ok' },
  { description: 'no key id', headers: { ...well, 'X-Buzz-Key-Id': undefined }, code: 'invalid_headers' },
  { description: 'an empty key id', headers: { ...well, 'X-Buzz-Key-Id': '  ' }, code: 'invalid_headers' },
  { description: 'a key id that came twice', headers: { ...well, 'X-Buzz-Key-Id': 'ick_1, ick_2' }, code: 'invalid_headers' },
  { description: 'no timestamp', headers: { ...well, 'X-Buzz-Timestamp': undefined }, code: 'invalid_headers' },
  { description: 'a timestamp with a fraction', headers: { ...well, 'X-Buzz-Timestamp': '1767323045.0' }, code: 'invalid_headers' },
  { description: 'a timestamp with a sign', headers: { ...well, 'X-Buzz-Timestamp': '-5' }, code: 'invalid_headers' },
  { description: 'a timestamp in words', headers: { ...well, 'X-Buzz-Timestamp': '2026-01-02T03:04:05Z' }, code: 'invalid_headers' },
  { description: 'no signature', headers: { ...well, 'X-Buzz-Signature': undefined }, code: 'invalid_headers' },
  { description: 'a signature that is too short', headers: { ...well, 'X-Buzz-Signature': SIGNATURE.slice(2) }, code: 'invalid_headers' },
  { description: 'a signature of another version', headers: { ...well, 'X-Buzz-Signature': `v2=${SIGNATURE}` }, code: 'invalid_headers' },
  { description: 'a signature that is not hex', headers: { ...well, 'X-Buzz-Signature': 'zz'.repeat(32) }, code: 'invalid_headers' },
])('$code: $description', ({ headers, code }) => {
  expect(codeOf(() => parse(headers))).toBe(code);
});

test('a content type other than JSON is an invalid header', () => {
  expect(codeOf(() => parse(well, false))).toBe('invalid_headers');
});

test.each([
  { secondsApart: -300, code: 'ok' },
  { secondsApart: 300, code: 'ok' },
  { secondsApart: -301, code: 'timestamp_out_of_range' },
  { secondsApart: 301, code: 'timestamp_out_of_range' },
])('$secondsApart s from the server, counted in whole seconds: $code', ({ secondsApart, code }) => {
  const timestamp = String(Math.floor(NOW.getTime() / 1_000) + secondsApart);
  expect(codeOf(() => requireFresh({ timestamp }, NOW))).toBe(code);
});

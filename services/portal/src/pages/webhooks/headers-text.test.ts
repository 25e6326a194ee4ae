import { expect, test } from '@jest/globals';
import { headersFrom, headersToText } from './headers-text.ts';

test('headers come back from their text as they were', () => {
  const headers = { 'X-Environment': 'production', Authorization: 'Bearer a:b' };
  expect(headersFrom(headersToText(headers))).toEqual(headers);
});

test('blank lines and blanks around names and values do not count', () => {
  expect(headersFrom('\n  X-One :  1 \n\nX-Two:2\n')).toEqual({ 'X-One': '1', 'X-Two': '2' });
});

test('a line without a colon is kept, for the API to refuse', () => {
  expect(headersFrom('nonsense')).toEqual({ nonsense: '' });
});

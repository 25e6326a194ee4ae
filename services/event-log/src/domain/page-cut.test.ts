import { expect, test } from '@jest/globals';
import { cutPage } from './page-cut.ts';

const rows = (...positions: number[]) => positions.map((position) => ({ position }));

test.each([
  ['a row too many: goes on behind the last one shown', { rows: rows(3, 5, 8), examinedTo: null, isCutShort: false }, { shown: rows(3, 5), next: 5, hasMore: true }],
  ['as many as asked for, at the end', { rows: rows(3, 5), examinedTo: 9, isCutShort: false }, { shown: rows(3, 5), next: 9, hasMore: false }],
  ['few matches in all that may be examined', { rows: rows(3), examinedTo: 2_002, isCutShort: true }, { shown: rows(3), next: 2_002, hasMore: true }],
  ['no match in all that may be examined', { rows: [], examinedTo: 2_002, isCutShort: true }, { shown: [], next: 2_002, hasMore: true }],
  ['nothing behind the position: stays there', { rows: [], examinedTo: null, isCutShort: false }, { shown: [], next: 2, hasMore: false }],
])('%s', (_, found, expected) => {
  expect(cutPage(found, { limit: 2, after: 2 })).toEqual(expected);
});

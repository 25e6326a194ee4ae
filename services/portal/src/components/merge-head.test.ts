import { expect, test } from '@jest/globals';
import { mergeHead } from './merge-head.ts';

const item = (id: string, status = 'pending') => ({ id, status });
const pages = [{ data: [item('c'), item('b')], next_cursor: 'x' }, { data: [item('a')], next_cursor: null }];

test('what is new stands first, what has changed where it stood', () => {
  expect(mergeHead(pages, [item('d'), item('c', 'succeeded'), item('b')])).toEqual([
    { data: [item('d'), item('c', 'succeeded'), item('b')], next_cursor: 'x' },
    { data: [item('a')], next_cursor: null },
  ]);
});

test('an item of an older page is changed there', () => {
  expect(mergeHead(pages, [item('a', 'failed')])[1]).toEqual({ data: [item('a', 'failed')], next_cursor: null });
});

test('what the head no longer shows stays', () => {
  expect(mergeHead(pages, []).flatMap(({ data }) => data.map(({ id }) => id))).toEqual(['c', 'b', 'a']);
});

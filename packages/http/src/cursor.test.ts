import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { decodeCursor, encodeCursor } from './cursor.ts';

const position = z.tuple([z.string(), z.number()]);
const scope = ['events', 'ws_1', null];

test('a cursor leads back to its position', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer(), (text, number) => {
      expect(decodeCursor(scope, encodeCursor(scope, [text, number]), position)).toEqual([text, number]);
    }),
  );
});

test.each([
  { cursor: '', description: 'nothing' },
  { cursor: '!!', description: 'no base64url' },
  { cursor: Buffer.from('{}').toString('base64url'), description: 'JSON of another form' },
  { cursor: `${encodeCursor(scope, ['a', 1])}=`, description: 'padding that we do not write' },
  { cursor: encodeCursor(scope, ['a']), description: 'a position of another form' },
  { cursor: encodeCursor(['events', 'ws_2', null], ['a', 1]), description: "another list's cursor" },
])('$description is refused', ({ cursor }) => {
  expect(() => decodeCursor(scope, cursor, position)).toThrow(expect.objectContaining({ code: 'cursor_invalid' }));
});

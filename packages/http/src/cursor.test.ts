import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { positionNumber, timePosition } from './answer-page.ts';
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

test('a cursor with any character changed is refused', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer(), fc.nat(), fc.nat({ max: 62 }), (text, number, place, step) => {
      const cursor = encodeCursor(scope, [text, number]);
      const index = place % cursor.length;
      const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
      const other = alphabet[(alphabet.indexOf(cursor[index]!) + 1 + step) % alphabet.length]!;
      const changed = cursor.slice(0, index) + other + cursor.slice(index + 1);
      expect(() => decodeCursor(scope, changed, position)).toThrow(expect.objectContaining({ code: 'cursor_invalid' }));
    }),
  );
});

/** Our own digest with a position of somebody's choice. */
function moved(to: readonly unknown[], toText: (value: unknown) => string = JSON.stringify): string {
  const [digest] = JSON.parse(Buffer.from(encodeCursor(scope, ['a', 1]), 'base64url').toString());
  return Buffer.from(toText([digest, to])).toString('base64url');
}

test.each([
  { cursor: moved(['b', 1]), description: 'another position under a digest that was given' },
  { cursor: moved(['a', 1], (value) => JSON.stringify(value, null, 1)), description: 'another spelling of the same' },
  { cursor: moved(['a\u0000', 1]), description: 'U+0000 under a digest that was given' },
  { cursor: encodeCursor(scope, ['a\u0000', 1]), description: 'U+0000, which no store can look for' },
  { cursor: encodeCursor(scope, ['a\ud800', 1]), description: 'half a character' },
  { cursor: '', description: 'nothing' },
  { cursor: '!!', description: 'no base64url' },
  { cursor: Buffer.from('{}').toString('base64url'), description: 'JSON of another form' },
  { cursor: `${encodeCursor(scope, ['a', 1])}=`, description: 'padding that we do not write' },
  { cursor: encodeCursor(scope, ['a']), description: 'a position of another form' },
  { cursor: encodeCursor(['events', 'ws_2', null], ['a', 1]), description: "another list's cursor" },
])('$description is refused', ({ cursor }) => {
  expect(() => decodeCursor(scope, cursor, position)).toThrow(expect.objectContaining({ code: 'cursor_invalid' }));
});

test.each([
  { schema: z.tuple([positionNumber]), given: [2_147_483_648], description: 'a number that no integer of PostgreSQL holds' },
  { schema: z.tuple([positionNumber]), given: [-1], description: 'a number below all' },
  { schema: timePosition, given: ['0000-01-01T00:00:00Z', 'x'], description: 'a year that PostgreSQL does not know' },
])('$description is refused, whoever made it up', ({ schema, given }) => {
  expect(() => decodeCursor(scope, encodeCursor(scope, given), schema)).toThrow(expect.objectContaining({ code: 'cursor_invalid' }));
});

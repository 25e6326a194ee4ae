import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readLines } from './read-lines.ts';

async function* inPieces(text: string | Buffer, sizes: readonly number[] = [1_000]): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0, n = 0; at < bytes.length; n++) {
    const size = Math.max(1, sizes[n % sizes.length]!);
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function linesOf(chunks: AsyncIterable<Buffer>, lineBytesMax = 10) {
  const lines = [];
  for await (const { number, bytes } of readLines(chunks, lineBytesMax)) lines.push([number, bytes?.toString() ?? null]);
  return lines;
}

test.each([
  { text: 'a\nb\n', lines: [[0, 'a'], [1, 'b']], description: 'the last newline ends a line, and begins none' },
  { text: 'a\nb', lines: [[0, 'a'], [1, 'b']], description: 'the last line needs no newline' },
  { text: 'a\r\nb\r\n', lines: [[0, 'a\r'], [1, 'b\r']], description: 'a carriage return is left to the JSON parser' },
  { text: 'a\n\n \t\r\nb', lines: [[0, 'a'], [3, 'b']], description: 'lines without content are left out, and counted' },
  { text: `${'x'.repeat(10)}\n${'y'.repeat(11)}\nz`, lines: [[0, 'x'.repeat(10)], [1, null], [2, 'z']], description: 'a line that is too long fails alone' },
  { text: 'y'.repeat(11), lines: [[0, null]], description: 'the last line may be too long as well' },
  { text: '', lines: [], description: 'nothing is no line' },
])('$description', async ({ text, lines }) => {
  expect(await linesOf(inPieces(text))).toEqual(lines);
});

test('however the bytes are cut, the lines are the same', async () => {
  const line = fc.oneof(fc.constantFrom('', ' ', 'ü', 'long enough to fail'), fc.string({ maxLength: 12 }));
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 200 }), fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 5 }), async (given, sizes) => {
      const text = given.join('\n');
      expect(await linesOf(inPieces(text, sizes))).toEqual(await linesOf(inPieces(text, [100_000])));
    }),
  );
});

test('it reads on only when asked to, and keeps nothing of a line that is too long', async () => {
  let given = 0;
  async function* endless() {
    for (;;) yield Buffer.alloc(1_000, given++ === 5_000 ? '\n' : 'x');
  }
  const lines = readLines(endless(), 10_000);
  expect((await lines.next()).value).toEqual({ number: 0, bytes: null });
  expect(given).toBe(5_001);
});

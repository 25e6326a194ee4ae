import { setImmediate as turn } from 'node:timers/promises';

/** `bytes` is null for a line that is too long. `number` counts from 0, empty lines too. */
export interface Line {
  number: number;
  bytes: Buffer | null;
}

const NEWLINE = 0x0a;
/** So many lines at most before others get a turn: reading them costs some milliseconds. */
const LINES_PER_TURN = 64;

/**
 * Cuts NDJSON into its lines, in memory for one line and one chunk. A newline is all that ends a line: Node's own readline cuts at U+2028 and
 * U+2029 too, which JSON's texts may hold. Lines without content are left out. Reads on only when asked to.
 */
export async function* readLines(chunks: AsyncIterable<Buffer>, lineBytesMax: number): AsyncGenerator<Line> {
  let number = 0;
  let begun: Buffer[] = [];
  let size = 0;

  const take = (piece: Buffer) => {
    size += piece.length;
    if (size <= lineBytesMax) begun.push(piece);
    else begun = [];
  };
  const end = (): Line | null => {
    const bytes = size > lineBytesMax ? null : Buffer.concat(begun);
    [begun, size] = [[], 0];
    const line = { number: number++, bytes };
    return bytes !== null && isBlank(bytes) ? null : line;
  };

  for await (const chunk of chunks) {
    let start = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, start)) {
      take(chunk.subarray(start, at));
      start = at + 1;
      const line = end();
      if (line !== null) yield line;
      if (number % LINES_PER_TURN === 0) await turn();
    }
    take(chunk.subarray(start));
  }
  const last = size > 0 ? end() : null;
  if (last !== null) yield last;
}

/** A carriage return before the newline belongs to it. */
const isBlank = (bytes: Buffer) => bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);

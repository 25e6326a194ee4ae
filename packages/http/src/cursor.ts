import { hash } from 'node:crypto';
import { cleanText } from '@waggle/contracts';
import { z } from 'zod';
import { Problem } from './problem.ts';

const shape = z.tuple([z.string(), z.array(z.union([cleanText, z.number()]))]);

/** An opaque cursor: where to go on, and for which list. `scope`: the workspace, the caller's user and all filters. */
export function encodeCursor(scope: unknown, position: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify([digestOf([scope, position]), position])).toString('base64url');
}

/** `cursor_invalid` for one that is not, to the last character, what was given for this list: a changed position would be another page, or no position at all. */
export function decodeCursor<Position extends z.ZodType>(scope: unknown, cursor: string, position: Position): z.infer<Position> {
  const parsed = shape.safeParse(parse(cursor));
  if (!parsed.success) throw new Problem('cursor_invalid', { detail: 'Not a cursor' });
  const [, given] = parsed.data;
  if (encodeCursor(scope, given) !== cursor) throw new Problem('cursor_invalid', { detail: 'This cursor was changed, or given for another list or other filters' });
  const checked = position.safeParse(given);
  if (!checked.success) throw new Problem('cursor_invalid', { detail: 'Not a cursor' });
  return checked.data;
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined;
  }
}

const digestOf = (value: unknown) => hash('sha256', JSON.stringify(value), 'base64url').slice(0, 12);

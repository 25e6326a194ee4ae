import { hash } from 'node:crypto';
import { z } from 'zod';
import { Problem } from './problem.ts';

const shape = z.tuple([z.string(), z.array(z.union([z.string(), z.number()]))]);

/** An opaque cursor: where to go on, and for which list. `scope`: the workspace, the caller's user and all filters. */
export function encodeCursor(scope: unknown, position: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify([digestOf(scope), position])).toString('base64url');
}

/** `cursor_invalid` for one that is not ours, or was given for another list. */
export function decodeCursor<Position extends z.ZodType>(scope: unknown, cursor: string, position: Position): z.infer<Position> {
  const parsed = shape.safeParse(parse(cursor));
  if (!parsed.success) throw new Problem('cursor_invalid', { detail: 'Not a cursor' });
  const [digest, given] = parsed.data;
  if (digest !== digestOf(scope)) throw new Problem('cursor_invalid', { detail: 'This cursor was given for another list or other filters' });
  const checked = position.safeParse(given);
  if (!checked.success) throw new Problem('cursor_invalid', { detail: 'Not a cursor' });
  return checked.data;
}

function parse(cursor: string): unknown {
  try {
    const text = Buffer.from(cursor, 'base64url');
    return text.toString('base64url') === cursor ? JSON.parse(text.toString()) : undefined;
  } catch {
    return undefined;
  }
}

const digestOf = (scope: unknown) => hash('sha256', JSON.stringify(scope), 'base64url').slice(0, 12);

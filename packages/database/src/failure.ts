import { Unavailable } from '@waggle/runtime';
import pg from 'pg';

/** The database could not be reached, or said that it cannot now: nobody's record is to blame, so try again. */
export class DatabaseUnavailable extends Unavailable {}

// SQLSTATE classes that a value can cause: data exception, integrity constraint, program limit (a text too long for its index).
// Everything else (connection, resources, shutdown, time-out, deadlock, a missing table) is the state of the database, not of what
// was written.
const CAUSED_BY_VALUES = ['22', '23', '54'];
const UNIQUE_VIOLATION = '23505';

/** What a step's own code throws, be it for a value that it cannot take: trying again changes nothing. */
const isFaultOfCode = (error: unknown) =>
  error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError || error instanceof ReferenceError || (error instanceof Error && error.name === 'ZodError');

/** Says whose fault it was by the type of the error. Errors of ours pass as they are. */
export function classifyFailure(error: unknown): unknown {
  if (isFaultOfCode(error)) return error;
  if (error instanceof pg.DatabaseError && CAUSED_BY_VALUES.includes(error.code?.slice(0, 2) ?? '')) return error;
  return error instanceof DatabaseUnavailable ? error : new DatabaseUnavailable('The database is not available', { cause: error });
}

/** True for a row that is there already; `constraint` narrows it to one index. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  return error instanceof pg.DatabaseError && error.code === UNIQUE_VIOLATION && (constraint === undefined || error.constraint === constraint);
}

import { PrismaPg } from '@prisma/adapter-pg';
import { classifyFailure } from '@waggle/database';
import type { Pool } from 'pg';
import { Prisma, PrismaClient } from '../generated/prisma/client.ts';

/** For administration; hot paths use SQL. It borrows the pool's connections, so it has no lifetime of its own. */
export const createPrisma = (pool: Pool): PrismaClient => new PrismaClient({ adapter: new PrismaPg(pool) });

export async function orUnavailable<Result>(work: Promise<Result>): Promise<Result> {
  return work.catch((error: unknown) => { throw toUnavailable(error); });
}

// P1xxx: no connection. P2xxx: a request at fault, but for these: no free connection, no transaction in time, a deadlock, too many
// connections, and a table or column that is not there yet.
const STATE_OF_DATABASE = /^(P1...|P2024|P2028|P2034|P2037|P2021|P2022)$/;

/** A query that Prisma refuses to send, or whose values the database does not take, is a fault of ours: trying again changes nothing. */
function toUnavailable(error: unknown): unknown {
  if (error instanceof Prisma.PrismaClientValidationError) return error;
  if (error instanceof Prisma.PrismaClientKnownRequestError && !STATE_OF_DATABASE.test(error.code)) return error;
  return classifyFailure(error);
}

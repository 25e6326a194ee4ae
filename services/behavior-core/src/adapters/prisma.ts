import { PrismaPg } from '@prisma/adapter-pg';
import { DatabaseUnavailable } from '@waggle/database';
import type { Pool } from 'pg';
import { Prisma, PrismaClient } from '../generated/prisma/client.ts';

/** For administration; hot paths use SQL. It borrows the pool's connections, so it has no lifetime of its own. */
export const createPrisma = (pool: Pool): PrismaClient => new PrismaClient({ adapter: new PrismaPg(pool) });

export async function orUnavailable<Result>(work: Promise<Result>): Promise<Result> {
  return work.catch((error: unknown) => { throw toUnavailable(error); });
}

/** A query that Prisma refuses to send is a fault of ours, not the database's. */
function toUnavailable(error: unknown): unknown {
  if (error instanceof Prisma.PrismaClientValidationError) return error;
  return new DatabaseUnavailable('The database is not available', { cause: error });
}

import { transact } from '@waggle/database';
import type { Pool } from 'pg';
import { expiredPartition, partitionsAhead, type Partition, type Period } from '../domain/partition.ts';
import { takeTurn } from './event-writer.ts';
import { attachPartition, createPartition, LIST_PARTITIONS } from './partition-statements.ts';

// To drop a partition nobody may read the table, and who asks meanwhile waits behind it: so it gives up soon, and comes again.
const WAIT_BRIEFLY = `SET LOCAL lock_timeout = '200ms'`;

// Told in the same transaction: nobody sees a gap that it does not know of. It never falls.
const MARK_DROPPED = { name: 'events_mark_dropped', text: 'UPDATE log_epoch SET dropped_to = greatest(dropped_to, $1::bigint)' };

/** Makes and drops partitions behind the writers' own lock, so any number of instances may try. */
export const createPartitionStore = (pool: Pool) => ({
  /** Those for the next days; tells how many were made. */
  makeAhead: (period: Period): Promise<number> =>
    transact(pool, {
      load: takeTurn,
      decide: ({ nowMs, partitions }) => partitionsAhead(nowMs, partitions, period),
      async save(tx, missing) {
        await Promise.all(missing.map((partition) => tx.query(`${createPartition(partition.name)}; ${attachPartition(partition)}`)));
        return missing.length;
      },
    }),

  /** The oldest partition, if all of it was recorded more than `days` ago. Rejects when somebody reads the log for longer than it waits. */
  dropExpired: (days: number): Promise<Partition | undefined> =>
    transact(pool, {
      load: async (tx) => (await Promise.all([takeTurn(tx), tx.query(WAIT_BRIEFLY)]))[0],
      decide: ({ nowMs, partitions }) => expiredPartition(nowMs, partitions, days),
      async save(tx, expired) {
        if (expired !== undefined) await Promise.all([tx.query({ ...MARK_DROPPED, values: [expired.to - 1] }), tx.query(`DROP TABLE ${expired.name}`)]);
        return expired;
      },
    }),

  list: async (): Promise<Partition[]> => (await pool.query<Partition>(LIST_PARTITIONS)).rows,
});

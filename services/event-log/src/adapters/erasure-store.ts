import { userDigest, type UserErasure } from '@waggle/contracts';
import { query, transact } from '@waggle/database';
import type { Pool } from 'pg';
import { TAKE_TURNS } from './event-writer.ts';

// Behind the turn of the writers: what they have written before is deleted below, and what they write after knows of it.
const REMEMBER = {
  name: 'erased_user_remember',
  text: `INSERT INTO erased_users (workspace_id, user_digest, event_sequence) VALUES ($1, $2, $3)
    ON CONFLICT (workspace_id, user_digest) DO UPDATE SET event_sequence = greatest(erased_users.event_sequence, excluded.event_sequence)`,
};

// An award's `user_id` is a wallet, which is no user. A higher number is that of a user who came again under the same id.
const DELETE_SOME = {
  name: 'events_erase',
  text: `WITH gone AS (
      DELETE FROM events WHERE workspace_id = $1 AND position IN (
        SELECT position FROM events WHERE workspace_id = $1 AND user_id = $2 AND event NOT LIKE 'award.%' AND (sequence IS NULL OR sequence <= $3)
        ORDER BY position LIMIT $4)
      RETURNING 1
    )
    SELECT count(*)::int AS count FROM gone`,
};

/** Per statement: far below the statement time-out. */
const CHUNK = 2_000;

export const createErasureStore = (pool: Pool) => ({
  /** Deletes the user's entries for good. Positions keep their order, with gaps: cursors stay good. Repeatable at any point. */
  async erase(erasure: UserErasure): Promise<void> {
    const { workspace_id: workspaceId, user_id: userId, event_sequence: sequence } = erasure;
    await transact(pool, {
      load: (tx) => tx.query(TAKE_TURNS),
      decide: () => {},
      save: async (tx) => void (await tx.query({ ...REMEMBER, values: [workspaceId, userDigest(erasure), sequence] })),
    });
    for (let count = CHUNK; count === CHUNK; ) {
      const [deleted] = await query<{ count: number }>(pool, DELETE_SOME, [workspaceId, userId, sequence, CHUNK]);
      count = deleted?.count ?? 0;
    }
  },
});

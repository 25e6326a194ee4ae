import type { ClientBase } from 'pg';
import { columnsOf, type UserKey } from '../user-lock.ts';

// The earlier one counts, and is what the scheduler takes for the time since which something may be due.
const MARK = {
  name: 'users_mark_reminders',
  text: `UPDATE users AS u SET remind_at = least(u.remind_at, m.at) FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS m(workspace_id, id, at)
    WHERE u.workspace_id = m.workspace_id AND u.id = m.id AND (u.remind_at IS NULL OR u.remind_at > m.at)`,
};

/** Something changed that may bring a reminder forward: then the scheduler looks at these users. What cancels one needs no mark. Sends at once. */
export async function markReminders(tx: ClientBase, users: readonly UserKey[], atMs: readonly number[]): Promise<void> {
  if (users.length > 0) await tx.query({ ...MARK, values: [...columnsOf(users), atMs.map((ms) => new Date(ms).toISOString())] });
}

import { query, transact } from '@waggle/database';
import type { Pool } from 'pg';
import type { LoadedActivity } from '../domain/activities/loaded-activity.ts';
import { activityKey } from '../domain/commands/batch-state.ts';
import { loadActivities, loadActivitiesOf } from './activity-loader.ts';

const LIST = {
  name: 'activities_list',
  text: `SELECT a.id, a.user_id, a.created_at::text AS created_at FROM activities a
    WHERE a.workspace_id = $1 AND ($2::text IS NULL OR a.user_id = $2) AND ($3::text IS NULL OR a.type = $3)
      AND ($4::text IS NULL OR $4 = CASE WHEN a.archived_at IS NOT NULL THEN 'archived'
        WHEN a.type = 'task' AND EXISTS (SELECT FROM occurrences o WHERE o.workspace_id = a.workspace_id AND o.activity_id = a.id AND o.state = 'done') THEN 'completed'
        ELSE 'active' END)
      AND ($5::text IS NULL OR (a.user_id, a.created_at, a.id) > ($5, $6::timestamptz, $7))
    ORDER BY a.user_id, a.created_at, a.id LIMIT $8`,
};
const FIND_TIMEZONE = { name: 'user_timezone', text: 'SELECT timezone FROM users WHERE workspace_id = $1 AND id = $2' };

export interface ListFilters {
  userId: string | undefined;
  type: string | undefined;
  status: string | undefined;
}

/** Where a list goes on: user, creation time, id. */
export type ListPosition = [userId: string, createdAt: string, id: string];

export const createActivityReader = (pool: Pool) => ({
  async find(workspaceId: string, activityIds: readonly string[]): Promise<LoadedActivity[]> {
    if (activityIds.length === 0) return [];
    const at = new Date().toISOString();
    const loaded = await transact(pool, {
      load: (tx) => loadActivities(tx, activityIds.map((activityId) => ({ workspaceId, activityId, at }))),
      decide: (found) => found,
      save: async (_tx, found) => found,
    });
    return activityIds.flatMap((id) => loaded.get(activityKey(workspaceId, id)) ?? []);
  },

  /** All of a user's activities that are not archived; null when there is no such user. */
  async findOfUser(workspaceId: string, userId: string): Promise<{ timezone: string; activities: LoadedActivity[] } | null> {
    return transact(pool, {
      async load(tx) {
        const [zone, activities] = await Promise.all([
          tx.query<{ timezone: string }>({ ...FIND_TIMEZONE, values: [workspaceId, userId] }),
          loadActivitiesOf(tx, [{ workspaceId, id: userId }], { withTasks: true }),
        ]);
        return { timezone: zone.rows[0]?.timezone, activities: [...activities.values()] };
      },
      decide: ({ timezone, activities }) => (timezone === undefined ? null : { timezone, activities }),
      save: async (_tx, found) => found,
    });
  },

  /** Ids in the order of the list, one more than `limit` where there is more. */
  async list(workspaceId: string, { userId, type, status }: ListFilters, after: ListPosition | undefined, limit: number) {
    const [afterUser = null, afterTime = null, afterId = null] = after ?? [];
    const values = [workspaceId, userId ?? null, type ?? null, status ?? null, afterUser, afterTime, afterId, limit + 1];
    return query<{ id: string; user_id: string; created_at: string }>(pool, LIST, values);
  },
});
export type ActivityReader = ReturnType<typeof createActivityReader>;

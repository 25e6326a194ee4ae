import { query, transact } from '@waggle/database';
import { Unavailable } from '@waggle/runtime';
import type { ClientBase, Pool } from 'pg';
import type { Activity } from '../domain/activities/activity.ts';
import type { LoadedActivity } from '../domain/activities/loaded-activity.ts';
import { nextEnd, presentOf } from '../domain/activities/present.ts';
import { settle, type Settlement } from '../domain/activities/settle.ts';
import { userKey } from '../domain/commands/batch-state.ts';
import { loadActivitiesOf } from './activity-loader.ts';
import { saveOccurrences } from './activity-statements.ts';
import { saveEvents, toKept } from './activity-writer.ts';
import type { Sweep } from './user-sweeper.ts';
import { columnsOf, lockedUsers, type LockedRow, type LockedUsers, type UserKey } from './user-lock.ts';

// The longest due first, by the index over what is due. Who is locked by somebody else is left for the next round, so nobody waits here and
// any number of sweepers share the work.
const TAKE_DUE = {
  name: 'users_take_due',
  text: `SELECT workspace_id, id, event_sequence, timezone, channels FROM users WHERE sweep_at <= $1 ORDER BY sweep_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED`,
};
const SAVE_SETTLED = {
  name: 'activities_save_settled',
  text: `UPDATE activities AS a SET settled_until = s.settled_until FROM unnest($1::text[], $2::text[], $3::date[]) AS s(workspace_id, id, settled_until)
    WHERE a.workspace_id = s.workspace_id AND a.id = s.id AND a.settled_until IS DISTINCT FROM s.settled_until`,
};
const SET_SWEEPS = {
  name: 'users_set_sweeps',
  text: `UPDATE users AS u SET sweep_at = s.at FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS s(workspace_id, id, at)
    WHERE u.workspace_id = s.workspace_id AND u.id = s.id`,
};

// Whoever cannot be judged must not keep all others from it.
const POSTPONE = { name: 'user_postpone_sweep', text: "UPDATE users SET sweep_at = $3::timestamptz + interval '1 hour' WHERE workspace_id = $1 AND id = $2" };

/** Judges the ended days of the users who are due, at most `limit` of them, in one transaction. A crash leaves them due. */
export async function sweepUsers(pool: Pool, { now, limit }: { now: string; limit: number }): Promise<Sweep> {
  let due: UserKey[] = [];
  try {
    return await transact(pool, {
      async load(tx) {
        const { rows } = await tx.query<LockedRow>({ ...TAKE_DUE, values: [now, limit] });
        due = rows.map((row) => ({ workspaceId: row.workspace_id, id: row.id }));
        return { locked: lockedUsers(rows, now), loaded: due.length === 0 ? [] : [...(await loadActivitiesOf(tx, due, { withTasks: false })).values()] };
      },
      decide: ({ locked, loaded }) => ({ locked, loaded, settlement: settle(loaded, now) }),
      async save(tx, { locked, loaded, settlement }) {
        const { events, isPart } = settlement;
        if (due.length > 0) await save(tx, due, { settlement, locked, sweeps: nextSweeps(loaded, { now, isPart }) });
        return { users: due.length, events, isPart };
      },
    });
  } catch (failure) {
    const [user] = due;
    if (failure instanceof Unavailable || user === undefined || due.length > 1) throw failure;
    await query(pool, POSTPONE, [user.workspaceId, user.id, now]);
    return { users: 1, events: [], isPart: false, failure };
  }
}

async function save(tx: ClientBase, due: readonly UserKey[], { settlement, locked, sweeps }: { settlement: Settlement; locked: LockedUsers; sweeps: ReadonlyMap<string, number> }) {
  await Promise.all([
    saveOccurrences(tx, settlement.missed.map(toKept)),
    saveSettled(tx, settlement.settled),
    setSweeps(tx, due, sweeps),
    saveEvents(tx, settlement.events, locked),
  ]);
}

/** By `userKey`: when a day ends next of who has something that can be missed; at once where days are left over. */
function nextSweeps(loaded: readonly LoadedActivity[], { now, isPart }: { now: string; isPart: boolean }): Map<string, number> {
  const sweeps = new Map<string, number>();
  for (const { activity } of loaded) {
    const key = userKey({ workspaceId: activity.workspaceId, id: activity.userId });
    const atMs = isPart ? Date.parse(now) : nextEnd(activity, presentOf(activity, now));
    sweeps.set(key, Math.min(sweeps.get(key) ?? Infinity, atMs));
  }
  return sweeps;
}

async function saveSettled(tx: ClientBase, activities: readonly Activity[]): Promise<void> {
  if (activities.length === 0) return;
  const columns = [activities.map(({ workspaceId }) => workspaceId), activities.map(({ id }) => id), activities.map(({ settledUntil }) => settledUntil)];
  await tx.query({ ...SAVE_SETTLED, values: columns });
}

async function setSweeps(tx: ClientBase, users: readonly UserKey[], sweeps: ReadonlyMap<string, number>): Promise<void> {
  const at = users.map((user) => sweeps.get(userKey(user)));
  await tx.query({ ...SET_SWEEPS, values: [...columnsOf(users), at.map((ms) => (ms === undefined ? null : new Date(ms).toISOString()))] });
}

import type { ClientBase } from 'pg';
import type { Activity } from '../domain/activities/activity.ts';
import type { KeptOccurrence } from '../domain/commands/batch-changes.ts';
import { columnsOf, type UserKey } from './user-lock.ts';

const INSERT_ACTIVITIES = {
  name: 'activities_insert',
  text: `INSERT INTO activities (workspace_id, id, user_id, type, name, recurrence, starts_on, window_start, window_end, due_at, channels, priority, reminders_enabled,
      reminders_follow_up, steps, created_on, settled_until, archived_at, version, created_at, updated_at)
    SELECT workspace_id, id, user_id, type, name, recurrence, starts_on, window_start, window_end, due_at, ARRAY(SELECT jsonb_array_elements_text(channels)), priority,
      reminders_enabled, reminders_follow_up, steps, created_on, settled_until, NULL, version, created_at, updated_at
    FROM jsonb_to_recordset($1::jsonb) AS a(workspace_id text, id text, user_id text, type text, name text, recurrence text, starts_on date, window_start text, window_end text,
      due_at timestamptz, channels jsonb, priority int, reminders_enabled boolean, reminders_follow_up boolean, steps jsonb, created_on date, settled_until date, version int,
      created_at timestamptz, updated_at timestamptz)`,
};

const UPDATE_ACTIVITY = {
  name: 'activity_update',
  text: `UPDATE activities SET name = $3, recurrence = $4, starts_on = $5, window_start = $6, window_end = $7, due_at = $8, channels = $9, priority = $10,
      reminders_enabled = $11, reminders_follow_up = $12, steps = $13, settled_until = $14, archived_at = $15, version = $16, updated_at = $17
    WHERE workspace_id = $1 AND id = $2`,
};

const SAVE_OCCURRENCES = {
  name: 'occurrences_save',
  text: `INSERT INTO occurrences (workspace_id, activity_id, local_date, state, channel, at, scheduled, snoozed_until, was_missed, run, steps)
    SELECT * FROM unnest($1::text[], $2::text[], $3::date[], $4::text[], $5::text[], $6::text[], $7::boolean[], $8::timestamptz[], $9::boolean[], $10::text[], $11::jsonb[])
    ON CONFLICT (workspace_id, activity_id, local_date) DO UPDATE SET state = excluded.state, channel = excluded.channel, at = excluded.at,
      scheduled = excluded.scheduled, snoozed_until = excluded.snoozed_until, was_missed = excluded.was_missed, run = excluded.run, steps = excluded.steps`,
};

// The earlier one counts: a later end is found when that one is there.
const SAVE_SWEEPS = {
  name: 'users_save_sweeps',
  text: `UPDATE users AS u SET sweep_at = least(u.sweep_at, s.at) FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS s(workspace_id, id, at)
    WHERE u.workspace_id = s.workspace_id AND u.id = s.id AND (u.sweep_at IS NULL OR u.sweep_at > s.at)`,
};

/** As one statement, whatever their number. All of these send at once. */
export async function insertActivities(tx: ClientBase, activities: readonly Activity[]): Promise<void> {
  if (activities.length > 0) await tx.query({ ...INSERT_ACTIVITIES, values: [JSON.stringify(activities.map(toRow))] });
}

/** What a definition can change. */
export async function updateActivity(tx: ClientBase, activity: Activity): Promise<void> {
  const row = toRow(activity);
  const values = [
    row.workspace_id, row.id, row.name, row.recurrence, row.starts_on, row.window_start, row.window_end, row.due_at, row.channels, row.priority,
    row.reminders_enabled, row.reminders_follow_up, JSON.stringify(row.steps), row.settled_until, activity.archivedAt, row.version, row.updated_at,
  ];
  await tx.query({ ...UPDATE_ACTIVITY, values });
}

export async function saveOccurrences(tx: ClientBase, kept: readonly KeptOccurrence[]): Promise<void> {
  if (kept.length === 0) return;
  const columns = [
    kept.map(({ workspaceId }) => workspaceId),
    kept.map(({ activityId }) => activityId),
    kept.map(({ occurrence }) => occurrence.date),
    kept.map(({ occurrence }) => occurrence.state),
    kept.map(({ occurrence }) => occurrence.channel),
    kept.map(({ occurrence }) => occurrence.at),
    kept.map(({ occurrence }) => occurrence.scheduled),
    kept.map(({ occurrence }) => occurrence.snoozedUntil),
    kept.map(({ occurrence }) => occurrence.wasMissed),
    kept.map(({ occurrence }) => occurrence.run),
    kept.map(({ occurrence }) => occurrence.steps && JSON.stringify(occurrence.steps)),
  ];
  await tx.query({ ...SAVE_OCCURRENCES, values: columns });
}

export async function saveSweeps(tx: ClientBase, users: readonly UserKey[], atMs: readonly number[]): Promise<void> {
  if (users.length > 0) await tx.query({ ...SAVE_SWEEPS, values: [...columnsOf(users), atMs.map((ms) => new Date(ms).toISOString())] });
}

function toRow(activity: Activity) {
  const { window, reminders } = activity;
  return {
    workspace_id: activity.workspaceId, id: activity.id, user_id: activity.userId, type: activity.type, name: activity.name, recurrence: activity.recurrence,
    starts_on: activity.startsOn, window_start: window?.start ?? null, window_end: window?.end ?? null, due_at: activity.dueAt, channels: activity.channels,
    priority: activity.priority, reminders_enabled: reminders.enabled, reminders_follow_up: reminders.followUp, steps: activity.steps, created_on: activity.createdOn,
    settled_until: activity.settledUntil, version: activity.version, created_at: activity.createdAt, updated_at: activity.updatedAt,
  };
}

import { toUtc } from '@waggle/contracts';
import type { ClientBase } from 'pg';
import type { Occurrence } from '../../domain/activities/activity.ts';
import { createCalendar } from '../../domain/activities/calendar.ts';
import { activityKey, userKey } from '../../domain/commands/batch-state.ts';
import { DAYS_BACK } from '../../domain/reminders/look.ts';
import { reminderKey, type Remindable, type RemindedActivity } from '../../domain/reminders/reminder.ts';
import { columnsOf, type UserKey } from '../user-lock.ts';

// Tasks that were due long ago and are not snoozed have nothing to come: they grow in number for years, and are left out by the index of what
// is open. No history is read: a reminder needs no streak.
const MINE = `WITH mine AS MATERIALIZED (
    SELECT a.* FROM activities a WHERE (a.workspace_id, a.user_id) IN (SELECT * FROM unnest($1::text[], $2::text[])) AND a.archived_at IS NULL AND a.reminders_enabled
      AND (a.type <> 'task' OR a.due_at >= $3::timestamptz - interval '${DAYS_BACK} days'
        OR EXISTS (SELECT FROM occurrences o WHERE o.workspace_id = a.workspace_id AND o.activity_id = a.id AND o.state IN ('pending', 'snoozed')))
  )`;

const LOAD_ACTIVITIES = {
  name: 'reminders_load_activities',
  text: `${MINE} SELECT m.workspace_id AS "workspaceId", m.id, m.user_id AS "userId", m.type, m.name, m.recurrence, m.starts_on::text AS "startsOn",
      coalesce(m.created_on, m.starts_on)::text AS "createdOn", m.window_start AS "windowStart", m.window_end AS "windowEnd", m.due_at AS "dueAt", m.created_at AS "createdAt", m.channels,
      m.priority, m.reminders_follow_up AS "followUp", u.timezone
    FROM mine m JOIN users u ON u.workspace_id = m.workspace_id AND u.id = m.user_id ORDER BY m.workspace_id, m.user_id, m.created_at, m.id`,
};

// What may lie between the last look and tomorrow, a task's only day, and what is open of earlier days. OFFSET keeps each a look into an index.
const LOAD_OCCURRENCES = {
  name: 'reminders_load_occurrences',
  text: `${MINE} SELECT o.workspace_id AS "workspaceId", o.activity_id AS "activityId", o.local_date::text AS date, o.state, o.scheduled, o.snoozed_until AS "snoozedUntil", o.run
    FROM mine m CROSS JOIN LATERAL (
      SELECT * FROM occurrences r WHERE r.workspace_id = m.workspace_id AND r.activity_id = m.id AND r.local_date >= $3::date - ${DAYS_BACK + 2}
      UNION ALL SELECT * FROM occurrences t WHERE m.type = 'task' AND t.workspace_id = m.workspace_id AND t.activity_id = m.id AND t.local_date = DATE '1970-01-01'
      UNION ALL SELECT * FROM occurrences p WHERE m.type <> 'task' AND p.workspace_id = m.workspace_id AND p.activity_id = m.id AND p.state IN ('pending', 'snoozed')
        AND p.local_date < $3::date - ${DAYS_BACK + 2}
      OFFSET 0) o`,
};

// By the time too: what is of long ago may have been snoozed until just now, and can be made up for.
const LOAD_DECIDED = {
  name: 'reminders_load_decided',
  text: `${MINE} SELECT r.workspace_id AS "workspaceId", r.activity_id AS "activityId", r.local_date::text AS date, r.slot
    FROM mine m CROSS JOIN LATERAL (SELECT * FROM reminders d WHERE d.workspace_id = m.workspace_id AND d.activity_id = m.id
      AND (d.local_date >= $3::date - ${DAYS_BACK + 2} OR m.type = 'task' OR d.due_at >= $3::timestamptz - interval '1 hour') OFFSET 0) r`,
};

// Where each activity was answered last, of users who have a channel: the first of its days from behind.
const LOAD_ANSWERS = {
  name: 'reminders_load_answers',
  text: `SELECT DISTINCT ON (a.workspace_id, a.user_id) a.workspace_id AS "workspaceId", a.user_id AS id, o.channel FROM activities a
      JOIN users u ON u.workspace_id = a.workspace_id AND u.id = a.user_id AND cardinality(u.channels) > 0
      CROSS JOIN LATERAL (SELECT * FROM occurrences l WHERE l.workspace_id = a.workspace_id AND l.activity_id = a.id AND l.channel IS NOT NULL ORDER BY l.local_date DESC LIMIT 1) o
    WHERE (a.workspace_id, a.user_id) IN (SELECT * FROM unnest($1::text[], $2::text[])) AND o.channel = ANY(u.channels) ORDER BY a.workspace_id, a.user_id, o.at DESC`,
};
const LOAD_CONNECTIONS = {
  name: 'reminders_load_connections',
  text: `SELECT workspace_id AS "workspaceId", user_id AS id, channel, failing_since IS NOT NULL AS "isFailing" FROM channel_connections
    WHERE (workspace_id, user_id) IN (SELECT * FROM unnest($1::text[], $2::text[]))`,
};

type ActivityRow = Omit<RemindedActivity, 'window' | 'dueAt' | 'createdAt' | 'reminders'> & { windowStart: string | null; windowEnd: string | null; dueAt: Date | null; createdAt: Date; followUp: boolean };
type OccurrenceRow = Pick<Occurrence, 'date' | 'state' | 'scheduled' | 'run'> & { workspaceId: string; activityId: string; snoozedUntil: Date | null };

/** By `userKey`. */
export interface LoadedForReminders {
  remindables: Map<string, Remindable[]>;
  answered: Map<string, string>;
  connections: Map<string, Map<string, { isFailing: boolean }>>;
}

/** All that reminders of these users depend on, in a few statements whatever their number. Sends at once. */
export async function loadForReminders(tx: ClientBase, users: readonly UserKey[], now: string): Promise<LoadedForReminders> {
  const columns = columnsOf(users);
  const values = [...columns, now];
  const [activities, occurrences, decided, answers, connections] = await Promise.all([
    tx.query<ActivityRow>({ ...LOAD_ACTIVITIES, values }),
    tx.query<OccurrenceRow>({ ...LOAD_OCCURRENCES, values }),
    tx.query<{ workspaceId: string; activityId: string; date: string; slot: string }>({ ...LOAD_DECIDED, values }),
    tx.query<UserKey & { channel: string }>({ ...LOAD_ANSWERS, values: columns }),
    tx.query<UserKey & { channel: string; isFailing: boolean }>({ ...LOAD_CONNECTIONS, values: columns }),
  ]);
  const loaded = new Map(activities.rows.map((row) => [activityKey(row.workspaceId, row.id), toRemindable(row)]));
  for (const { workspaceId, activityId, ...row } of occurrences.rows) loaded.get(activityKey(workspaceId, activityId))?.occurrences.set(row.date, toOccurrence(row));
  for (const { workspaceId, activityId, ...row } of decided.rows) loaded.get(activityKey(workspaceId, activityId))?.decided.add(reminderKey(row));
  return {
    remindables: Map.groupBy(loaded.values(), ({ activity }) => userKey({ workspaceId: activity.workspaceId, id: activity.userId })),
    answered: new Map(answers.rows.map((row) => [userKey(row), row.channel])),
    connections: new Map([...Map.groupBy(connections.rows, userKey)].map(([key, rows]) => [key, new Map(rows.map(({ channel, isFailing }) => [channel, { isFailing }]))])),
  };
}

function toRemindable({ windowStart, windowEnd, dueAt, createdAt, followUp, ...row }: ActivityRow): Remindable & { decided: Set<string> } {
  const window = windowStart === null || windowEnd === null ? null : { start: windowStart, end: windowEnd };
  const activity = { ...row, window, dueAt: dueAt && toUtc(dueAt), createdAt: toUtc(createdAt), reminders: { enabled: true, followUp } };
  return { activity, calendar: createCalendar(activity), occurrences: new Map(), decided: new Set() };
}

function toOccurrence({ snoozedUntil, ...row }: Omit<OccurrenceRow, 'workspaceId' | 'activityId'>): Occurrence {
  return { ...row, channel: null, at: null, snoozedUntil: snoozedUntil && toUtc(snoozedUntil), wasMissed: false, steps: null };
}

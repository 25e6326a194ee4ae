import { toUtc, type Step, type StepView } from '@waggle/contracts';
import type { ClientBase } from 'pg';
import type { Activity, LoggedDay, Occurrence } from '../domain/activities/activity.ts';
import { loadedActivity, type LoadedActivity } from '../domain/activities/loaded-activity.ts';
import { activityKey } from '../domain/commands/batch-state.ts';
import { columnsOf, type UserKey } from './user-lock.ts';

/** An activity and the instant that the caller is about. */
export interface Wanted {
  workspaceId: string;
  activityId: string;
  at: string;
}

type Flat = 'window' | 'reminders' | 'dueAt' | 'archivedAt' | 'createdAt' | 'updatedAt';
type Row = Omit<Activity, Flat> & {
  windowStart: string | null;
  windowEnd: string | null;
  remindersEnabled: boolean;
  remindersFollowUp: boolean;
  steps: Step[];
  dueAt: Date | null;
  archivedAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
  history: string | null;
};
type OccurrenceRow = Omit<Occurrence, 'snoozedUntil'> & { workspaceId: string; activityId: string; snoozedUntil: Date | null; steps: StepView[] | null };

// A day and the first two letters of its state, `-` for one without an occurrence, a snooze's end in milliseconds: `20540do,20541sn@1774688400000`.
const HISTORY = `(SELECT string_agg((o.local_date - DATE '1970-01-01') || left(o.state, 2) || CASE WHEN o.scheduled THEN '' ELSE '-' END
      || CASE WHEN o.state = 'snoozed' THEN '@' || (extract(epoch FROM o.snoozed_until) * 1000)::bigint ELSE '' END, ',') FROM occurrences o
    WHERE o.workspace_id = a.workspace_id AND o.activity_id = a.id)`;
const COLUMNS = `a.workspace_id AS "workspaceId", a.id, a.user_id AS "userId", a.type, a.name, a.recurrence, a.starts_on::text AS "startsOn",
  a.window_start AS "windowStart", a.window_end AS "windowEnd", a.due_at AS "dueAt", a.channels, a.priority, a.reminders_enabled AS "remindersEnabled",
  a.reminders_follow_up AS "remindersFollowUp", a.steps, coalesce(a.created_on, a.starts_on)::text AS "createdOn",
  coalesce(a.settled_until, a.created_on, a.starts_on)::text AS "settledUntil", a.archived_at AS "archivedAt", a.version, a.created_at AS "createdAt",
  a.updated_at AS "updatedAt", u.timezone, ${HISTORY} AS history`;

// The whole history comes as one text per activity: a row per day would cost more to read than to decide.
const LOAD = {
  name: 'activities_load',
  text: `SELECT ${COLUMNS} FROM activities a JOIN users u ON u.workspace_id = a.workspace_id AND u.id = a.user_id
    WHERE (a.workspace_id, a.id) IN (SELECT * FROM unnest($1::text[], $2::text[]))`,
};

// All that is not archived, in the order of a list. Tasks only where they are asked for, and without those that were settled before
// yesterday: they grow in number for years.
const LOAD_OF_USERS = {
  name: 'activities_load_of_users',
  text: `SELECT ${COLUMNS} FROM activities a JOIN users u ON u.workspace_id = a.workspace_id AND u.id = a.user_id
    WHERE (a.workspace_id, a.user_id) IN (SELECT * FROM unnest($1::text[], $2::text[])) AND a.archived_at IS NULL
      AND (a.type <> 'task' OR ($3::boolean AND NOT EXISTS (SELECT FROM occurrences o WHERE o.workspace_id = a.workspace_id AND o.activity_id = a.id
        AND o.state IN ('done', 'skipped') AND o.at < to_char(clock_timestamp() - interval '2 days', 'YYYY-MM-DD'))))
    ORDER BY a.workspace_id, a.user_id, a.created_at, a.id`,
};

const OCCURRENCE = `o.workspace_id AS "workspaceId", o.activity_id AS "activityId", o.local_date::text AS date, o.state, o.channel, o.at, o.scheduled,
  o.snoozed_until AS "snoozedUntil", o.was_missed AS "wasMissed", o.run, o.steps`;

// A local day is the UTC day or a neighbour, so the wall-clock rule is left to the domain. Around each instant asked for, around now, and what
// is open, by the index of what is. A task's only row is kept under a day of its own. OFFSET keeps it a look into the index per day: a plan
// that was made while the table was small would read all of it, batch after batch.
const LOAD_OCCURRENCES = {
  name: 'occurrences_load',
  text: `WITH asked AS (SELECT DISTINCT * FROM unnest($1::text[], $2::text[], $3::date[]) AS c(workspace_id, activity_id, utc_date)),
    days AS (
      SELECT * FROM asked UNION SELECT workspace_id, activity_id, (clock_timestamp() AT TIME ZONE 'UTC')::date FROM asked
      UNION SELECT workspace_id, activity_id, DATE '1970-01-01' FROM asked
    )
    SELECT ${OCCURRENCE} FROM days d CROSS JOIN LATERAL (SELECT * FROM occurrences o WHERE o.workspace_id = d.workspace_id AND o.activity_id = d.activity_id
      AND o.local_date BETWEEN d.utc_date - 1 AND d.utc_date + 1 OFFSET 0) o
    UNION
    SELECT ${OCCURRENCE} FROM (SELECT DISTINCT workspace_id, activity_id FROM asked) a CROSS JOIN LATERAL (SELECT * FROM occurrences o WHERE o.workspace_id = a.workspace_id
      AND o.activity_id = a.activity_id AND o.state IN ('pending', 'snoozed') OFFSET 0) o`,
};

// Of all of a user's activities that are not archived: what is not judged yet, and what is open.
const LOAD_OCCURRENCES_OF_USERS = {
  name: 'occurrences_load_of_users',
  text: `SELECT ${OCCURRENCE} FROM activities a JOIN occurrences o ON o.workspace_id = a.workspace_id AND o.activity_id = a.id
      AND (o.local_date >= least(coalesce(a.settled_until, a.created_on, a.starts_on), (clock_timestamp() AT TIME ZONE 'UTC')::date - 1)
        OR o.state IN ('pending', 'snoozed') OR o.local_date = DATE '1970-01-01')
    WHERE (a.workspace_id, a.user_id) IN (SELECT * FROM unnest($1::text[], $2::text[])) AND a.archived_at IS NULL`,
};

type Loaded = Map<string, LoadedActivity>;

/** Sends at once. What does not exist is not in the answer. */
export async function loadActivities(tx: ClientBase, wanted: readonly Wanted[]): Promise<Loaded> {
  if (wanted.length === 0) return new Map();
  const ids = [wanted.map(({ workspaceId }) => workspaceId), wanted.map(({ activityId }) => activityId)];
  const [activities, occurrences] = await Promise.all([
    tx.query<Row>({ ...LOAD, values: ids }),
    tx.query<OccurrenceRow>({ ...LOAD_OCCURRENCES, values: [...ids, wanted.map(({ at }) => at.slice(0, 10))] }),
  ]);
  return assemble(activities.rows, occurrences.rows);
}

/** The activities of these users that are not archived, with all that may be judged now. Sends at once. */
export async function loadActivitiesOf(tx: ClientBase, users: readonly UserKey[], { withTasks }: { withTasks: boolean }): Promise<Loaded> {
  const values = columnsOf(users);
  const [activities, occurrences] = await Promise.all([
    tx.query<Row>({ ...LOAD_OF_USERS, values: [...values, withTasks] }),
    tx.query<OccurrenceRow>({ ...LOAD_OCCURRENCES_OF_USERS, values }),
  ]);
  return assemble(activities.rows, occurrences.rows);
}

function assemble(activities: readonly Row[], occurrences: readonly OccurrenceRow[]): Loaded {
  const loaded = new Map(activities.map((row) => [activityKey(row.workspaceId, row.id), toLoaded(row)]));
  for (const { workspaceId, activityId, snoozedUntil, ...occurrence } of occurrences) {
    loaded.get(activityKey(workspaceId, activityId))?.occurrences.set(occurrence.date, { ...occurrence, snoozedUntil: snoozedUntil && toUtc(snoozedUntil) });
  }
  return loaded;
}

function toLoaded({ history, windowStart, windowEnd, remindersEnabled, remindersFollowUp, ...row }: Row): LoadedActivity {
  const activity = {
    ...row,
    window: windowStart === null || windowEnd === null ? null : { start: windowStart, end: windowEnd },
    reminders: { enabled: remindersEnabled, followUp: remindersFollowUp },
    dueAt: row.dueAt && toUtc(row.dueAt),
    archivedAt: row.archivedAt && toUtc(row.archivedAt),
    createdAt: toUtc(row.createdAt),
    updatedAt: toUtc(row.updatedAt),
  };
  return loadedActivity(activity, parseHistory(history));
}

const STATES = { pe: 'pending', do: 'done', sk: 'skipped', sn: 'snoozed', pa: 'partial', mi: 'missed' } as const;

// Years of days share a dozen values.
const SHARED: ReadonlyMap<string, LoggedDay> = new Map(
  Object.entries(STATES).flatMap(([code, state]) => [true, false].map((scheduled) => [`${code}${scheduled ? '' : '-'}`, { state, scheduled, snoozedUntil: null }] as const)),
);

/** As `HISTORY` writes it. By hand: years of days for each activity of a batch are read here, and cutting the text at its commas takes three times as long. */
function parseHistory(text: string | null): LoadedActivity['history'] {
  const history = new Map<number, LoggedDay>();
  for (let begin = 0; text !== null && begin < text.length; ) {
    const comma = text.indexOf(',', begin);
    const end = comma === -1 ? text.length : comma;
    let [at, day] = [text[begin] === '-' ? begin + 1 : begin, 0];
    for (let digit = text.charCodeAt(at) - ZERO; digit >= 0 && digit <= 9; digit = text.charCodeAt(++at) - ZERO) day = day * 10 + digit;
    history.set(text[begin] === '-' ? -day : day, SHARED.get(text.slice(at, end)) ?? parseSnooze(text.slice(at, end)));
    begin = end + 1;
  }
  return history;
}

const ZERO = 48;

function parseSnooze(text: string): LoggedDay {
  const [code = '', snoozedUntilMs] = text.split('@');
  const shared = SHARED.get(code);
  if (shared === undefined || snoozedUntilMs === undefined) throw new RangeError(`No day of a history: ${text}`);
  return { ...shared, snoozedUntil: toUtc(new Date(Number(snoozedUntilMs))) };
}

import { occurrenceState, toUtc } from '@waggle/contracts';
import type { ClientBase } from 'pg';
import type { Activity, Occurrence } from '../domain/activities/activity.ts';
import { activityKey, type LoadedActivity } from '../domain/commands/batch-state.ts';

/** An activity and the instant that the caller is about. */
export interface Wanted {
  workspaceId: string;
  activityId: string;
  at: string;
}

type Row = Omit<Activity, 'createdAt' | 'updatedAt' | 'archivedAt'> & { createdAt: Date; updatedAt: Date; archivedAt: Date | null; history: string | null };
type OccurrenceRow = Occurrence & { workspaceId: string; activityId: string };

const COLUMNS = `a.workspace_id AS "workspaceId", a.id, a.user_id AS "userId", a.type, a.name, a.channels, a.starts_on::text AS "startsOn",
  a.archived_at AS "archivedAt", a.version, a.created_at AS "createdAt", a.updated_at AS "updatedAt", u.timezone,
  (SELECT string_agg((o.local_date - DATE '1970-01-01') || o.state, ',') FROM occurrences o
    WHERE o.workspace_id = a.workspace_id AND o.activity_id = a.id) AS history`;

// The whole history comes as one text per activity: a row per day would cost more to read than to decide.
const LOAD = {
  name: 'activities_load',
  text: `SELECT ${COLUMNS} FROM activities a JOIN users u ON u.workspace_id = a.workspace_id AND u.id = a.user_id
    WHERE (a.workspace_id, a.id) IN (SELECT * FROM unnest($1::text[], $2::text[]))`,
};

// A local day is the UTC day or a neighbour, so the wall-clock rule is left to the domain. Each instant asked for, and now. A task's only row
// is kept under another day: it has no other.
const LOAD_OCCURRENCES = {
  name: 'occurrences_load',
  text: `WITH asked AS (SELECT DISTINCT * FROM unnest($1::text[], $2::text[], $3::date[]) AS c(workspace_id, activity_id, utc_date)),
    days AS (
      SELECT * FROM asked UNION SELECT workspace_id, activity_id, (clock_timestamp() AT TIME ZONE 'UTC')::date FROM asked
      UNION SELECT a.workspace_id, a.id, a.starts_on FROM asked JOIN activities a ON a.workspace_id = asked.workspace_id AND a.id = asked.activity_id AND a.type = 'task'
    )
    SELECT DISTINCT o.workspace_id AS "workspaceId", o.activity_id AS "activityId", o.local_date::text AS date, o.state, o.channel, o.at
    FROM days d JOIN occurrences o ON o.workspace_id = d.workspace_id AND o.activity_id = d.activity_id AND o.local_date BETWEEN d.utc_date - 1 AND d.utc_date + 1`,
};

/** Sends at once. What does not exist is not in the answer. */
export async function loadActivities(tx: ClientBase, wanted: readonly Wanted[]): Promise<Map<string, LoadedActivity>> {
  const ids = [wanted.map(({ workspaceId }) => workspaceId), wanted.map(({ activityId }) => activityId)];
  const [activities, occurrences] = await Promise.all([
    tx.query<Row>({ ...LOAD, values: ids }),
    tx.query<OccurrenceRow>({ ...LOAD_OCCURRENCES, values: [...ids, wanted.map(({ at }) => at.slice(0, 10))] }),
  ]);
  const loaded = new Map(activities.rows.map((row) => [activityKey(row.workspaceId, row.id), toLoaded(row)]));
  for (const { workspaceId, activityId, ...occurrence } of occurrences.rows) {
    loaded.get(activityKey(workspaceId, activityId))?.occurrences.set(occurrence.date, occurrence);
  }
  return loaded;
}

function toLoaded({ history, createdAt, updatedAt, archivedAt, ...row }: Row): LoadedActivity {
  const activity = { ...row, createdAt: toUtc(createdAt), updatedAt: toUtc(updatedAt), archivedAt: archivedAt && toUtc(archivedAt) };
  return { activity, history: parseHistory(history ?? ''), occurrences: new Map() };
}

/** As the statement above writes it: `20540done,20541skipped`. */
function parseHistory(text: string): LoadedActivity['history'] {
  const entries = text.split(',').filter((entry) => entry !== '');
  return new Map(entries.map((entry) => {
    const [, day, state] = /^(-?\d+)(\w+)$/.exec(entry) ?? [];
    return [Number(day), occurrenceState.parse(state)];
  }));
}

import { newId, toUtc, type BehaviorEvent } from '@waggle/contracts';
import { transact } from '@waggle/database';
import { appendToOutbox } from '@waggle/outbox';
import type { ClientBase, Pool } from 'pg';
import type { Activity } from '../domain/activities/activity.ts';
import type { Definition, Making } from '../domain/activities/define.ts';
import { record, type LoadedActivity } from '../domain/activities/loaded-activity.ts';
import { nextEnd, presentOf } from '../domain/activities/present.ts';
import type { Missed } from '../domain/activities/settle.ts';
import { activityKey, userKey } from '../domain/commands/batch-state.ts';
import { loadActivities } from './activity-loader.ts';
import { saveOccurrences, saveSweeps, updateActivity } from './activity-statements.ts';
import { countActive } from './batch-store.ts';
import { markReminders } from './reminders/remind-marks.ts';
import { toldRecords } from './told-records.ts';
import { lockUsers, type LockedUsers } from './user-lock.ts';

/** What is known when a definition is to be changed. `active`: how many of its type count against the plan's limit. */
export interface Revisable {
  loaded: LoadedActivity;
  active: number;
}

/** Null: nothing changes. Anything else is why it cannot be. */
export type Revise<Refused> = (revisable: Revisable, making: Making) => Definition | Refused | null;

export type Revision<Refused> = { kind: 'unknown' } | { kind: 'refused'; refused: Refused } | { kind: 'revised'; loaded: LoadedActivity; events: BehaviorEvent[] };

export const createActivityWriter = (pool: Pool) => ({
  /** Changes an activity's definition under its user's lock. */
  async revise<Refused extends { isRefused: true }>({ workspaceId, userId, id }: Pick<Activity, 'workspaceId' | 'userId' | 'id'>, revise: Revise<Refused>): Promise<Revision<Refused>> {
    const user = { workspaceId, id: userId };
    return transact(pool, {
      async load(tx) {
        const [locked, loaded, counts] = await Promise.all([
          lockUsers(tx, [user]),
          loadActivities(tx, [{ workspaceId, activityId: id, at: new Date().toISOString() }]),
          countActive(tx, [user]),
        ]);
        return { locked, loaded: loaded.get(activityKey(workspaceId, id)), counts: counts.get(userKey(user)) };
      },
      decide({ locked, loaded, counts }) {
        if (loaded === undefined) return { kind: 'unknown' as const };
        const decided = revise({ loaded, active: counts?.[loaded.activity.type] ?? 0 }, { eventId: newId('evt'), now: toUtc(locked.now) });
        if (decided !== null && 'isRefused' in decided) return { kind: 'refused' as const, refused: decided };
        return { kind: 'revised' as const, locked, loaded, definition: decided };
      },
      async save(tx, decision): Promise<Revision<Refused>> {
        if (decision.kind !== 'revised') return decision;
        const { loaded, definition, locked } = decision;
        if (definition === null) return { kind: 'revised', loaded, events: [] };
        await saveDefinition(tx, definition, locked);
        return { kind: 'revised', loaded: revised(loaded, definition), events: definition.events };
      },
    });
  },
});
export type ActivityWriter = ReturnType<typeof createActivityWriter>;

function revised(loaded: LoadedActivity, { activity, missed }: Definition): LoadedActivity {
  for (const { occurrence } of missed) record(loaded, occurrence);
  return { ...loaded, activity };
}

async function saveDefinition(tx: ClientBase, { activity, missed, events }: Definition, locked: LockedUsers): Promise<void> {
  const endMs = nextEnd(activity, presentOf(activity, activity.updatedAt));
  const isReminding = activity.archivedAt === null && activity.reminders.enabled;
  await Promise.all([
    updateActivity(tx, activity),
    saveOccurrences(tx, missed.map(toKept)),
    saveSweeps(tx, activity.archivedAt === null && activity.type !== 'task' ? [{ workspaceId: activity.workspaceId, id: activity.userId }] : [], [endMs]),
    markReminders(tx, isReminding ? [{ workspaceId: activity.workspaceId, id: activity.userId }] : [], [Date.parse(activity.updatedAt)]),
    saveEvents(tx, events, locked),
  ]);
}

export const toKept = ({ activity, occurrence }: Missed) => ({ workspaceId: activity.workspaceId, activityId: activity.id, occurrence });

/** Numbers the events and puts them into the outbox, with the messages for channels. Sends at once. */
export async function saveEvents(tx: ClientBase, events: readonly BehaviorEvent[], locked: LockedUsers): Promise<void> {
  const { sequences, records } = toldRecords(events, locked);
  await Promise.all([locked.saveSequences(tx, sequences), appendToOutbox(tx, records)]);
}

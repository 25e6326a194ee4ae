import { behaviorEvent, newId, toUtc, type CreateActivityBody } from '@waggle/contracts';
import { transact } from '@waggle/database';
import { toRecord } from '@waggle/kafka';
import { appendToOutbox } from '@waggle/outbox';
import type { ClientBase, Pool } from 'pg';
import type { Activity } from '../domain/activities/activity.ts';
import { archiveActivity, createActivity, type Definition } from '../domain/activities/define.ts';
import { activityKey } from '../domain/commands/batch-state.ts';
import { loadActivities } from './activity-loader.ts';
import { sequenceEvents } from './event-sequence.ts';
import { lockUsers, type LockedUsers } from './user-lock.ts';

export interface UserScope {
  workspaceId: string;
  userId: string;
}

export type Creation = { kind: 'created'; activity: Activity } | { kind: 'already_exists' } | { kind: 'unknown_user' };

const CREATE_USER = { name: 'user_create', text: 'INSERT INTO users (workspace_id, id) VALUES ($1, $2) ON CONFLICT DO NOTHING' };
const FIND_TIMEZONE = { name: 'user_timezone', text: 'SELECT timezone FROM users WHERE workspace_id = $1 AND id = $2' };
const ACTIVITY_EXISTS = { name: 'activity_exists', text: 'SELECT 1 FROM activities WHERE workspace_id = $1 AND id = $2' };
const INSERT = {
  name: 'activity_insert',
  text: `INSERT INTO activities (workspace_id, id, user_id, type, name, channels, starts_on, archived_at, version, created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
};
const UPDATE = {
  name: 'activity_update',
  text: 'UPDATE activities SET archived_at = $3, version = $4, updated_at = $5 WHERE workspace_id = $1 AND id = $2',
};

export const createActivityWriter = (pool: Pool) => ({
  /** `mayCreateUser`: a system key brings its users along. */
  async create({ workspaceId, userId }: UserScope, body: CreateActivityBody, mayCreateUser: boolean): Promise<Creation> {
    const activityId = body.id ?? newId('act');
    return transact(pool, {
      async load(tx) {
        const [, locked, zone, existing] = await Promise.all([
          mayCreateUser ? tx.query({ ...CREATE_USER, values: [workspaceId, userId] }) : undefined,
          lockUsers(tx, [{ workspaceId, id: userId }]),
          tx.query<{ timezone: string }>({ ...FIND_TIMEZONE, values: [workspaceId, userId] }),
          tx.query({ ...ACTIVITY_EXISTS, values: [workspaceId, activityId] }),
        ]);
        return { locked, timezone: zone.rows[0]?.timezone, exists: existing.rows.length > 0 };
      },
      decide({ locked, timezone, exists }) {
        if (timezone === undefined) return { kind: 'unknown_user' as const };
        if (exists) return { kind: 'already_exists' as const };
        const making = { activityId, eventId: newId('evt'), now: toUtc(locked.now) };
        return { kind: 'created' as const, locked, definition: createActivity(body, { workspaceId, userId, timezone }, making) };
      },
      async save(tx, decision): Promise<Creation> {
        if (decision.kind !== 'created') return decision;
        const { activity } = decision.definition;
        await Promise.all([insert(tx, activity), saveEvents(tx, decision.definition, decision.locked)]);
        return { kind: 'created', activity };
      },
    });
  },

  /** Returns the keys for the outbox's relay; null when there is no such activity. */
  async archive({ workspaceId, userId }: UserScope, activityId: string): Promise<Definition | null> {
    return transact(pool, {
      async load(tx) {
        const [locked, loaded] = await Promise.all([
          lockUsers(tx, [{ workspaceId, id: userId }]),
          loadActivities(tx, [{ workspaceId, activityId, at: new Date().toISOString() }]),
        ]);
        return { locked, activity: loaded.get(activityKey(workspaceId, activityId))?.activity };
      },
      decide({ locked, activity }) {
        if (activity === undefined) return null;
        const definition = archiveActivity(activity, { eventId: newId('evt'), now: toUtc(locked.now) });
        return { locked, definition: definition ?? { activity, events: [] } };
      },
      async save(tx, decision) {
        if (decision === null) return null;
        const { activity } = decision.definition;
        const values = [workspaceId, activity.id, activity.archivedAt, activity.version, activity.updatedAt];
        await Promise.all([tx.query({ ...UPDATE, values }), saveEvents(tx, decision.definition, decision.locked)]);
        return decision.definition;
      },
    });
  },
});
export type ActivityWriter = ReturnType<typeof createActivityWriter>;

async function insert(tx: ClientBase, activity: Activity): Promise<void> {
  const { workspaceId, id, userId, type, name, channels, startsOn, archivedAt, version, createdAt, updatedAt } = activity;
  await tx.query({ ...INSERT, values: [workspaceId, id, userId, type, name, channels, startsOn, archivedAt, version, createdAt, updatedAt] });
}

async function saveEvents(tx: ClientBase, { events }: Definition, locked: LockedUsers): Promise<void> {
  const { sequences, headersOf } = sequenceEvents(events, locked.sequences);
  const records = events.map((event) => toRecord(behaviorEvent, event, headersOf(event)));
  await Promise.all([locked.saveSequences(tx, sequences), appendToOutbox(tx, records)]);
}


import { query, transact } from '@waggle/database';
import { Unavailable } from '@waggle/runtime';
import type { ClientBase, Pool } from 'pg';
import { userKey } from '../../domain/commands/batch-state.ts';
import { DEFAULT_REMINDER_HOUR } from '../../domain/people/settings.ts';
import { remindUser, type DecidedReminder, type Reminding } from '../../domain/reminders/remind-user.ts';
import { saveEvents } from '../activity-writer.ts';
import type { Sweep } from '../user-sweeper.ts';
import { columnsOf, lockedUsers, type LockedRow, type UserKey } from '../user-lock.ts';
import { loadForReminders } from './reminder-loader.ts';

// The longest due first, by the index over what is due. Who is locked by somebody else is left for the next round, so nobody waits here and
// any number of instances share the work.
const TAKE_DUE = {
  name: 'users_take_to_remind',
  text: `SELECT workspace_id, id, event_sequence, timezone, channels, remind_at, preferred_reminder_hour, preferred_channels, reminded_on::text AS reminded_on, reminded_count
    FROM users WHERE remind_at <= $1 ORDER BY remind_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED`,
};

// No ON CONFLICT: a reminder that is decided already must not be sent again, so the transaction must not commit.
const SAVE_DECIDED = {
  name: 'reminders_save',
  text: `INSERT INTO reminders (workspace_id, activity_id, local_date, slot, user_id, outcome, channel, due_at, decided_at)
    SELECT r.*, $9::timestamptz FROM unnest($1::text[], $2::text[], $3::date[], $4::text[], $5::text[], $6::text[], $7::text[], $8::timestamptz[]) AS r`,
};
const SAVE_USERS = {
  name: 'users_save_reminding',
  text: `UPDATE users AS u SET remind_at = r.remind_at, reminded_on = r.reminded_on, reminded_count = r.reminded_count
    FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::date[], $5::int[]) AS r(workspace_id, id, remind_at, reminded_on, reminded_count)
    WHERE u.workspace_id = r.workspace_id AND u.id = r.id`,
};

// Whoever cannot be judged must not keep all others from it.
const POSTPONE = { name: 'user_postpone_reminders', text: "UPDATE users SET remind_at = $3::timestamptz + interval '1 hour' WHERE workspace_id = $1 AND id = $2" };

const OVERDUE = {
  name: 'users_overdue',
  text: `SELECT coalesce(extract(epoch FROM clock_timestamp() - due.remind_at), 0)::float8 AS seconds
    FROM (SELECT remind_at FROM users WHERE remind_at <= clock_timestamp() ORDER BY remind_at LIMIT 1) AS due`,
};

export const overdueSeconds = async (pool: Pool): Promise<number> => (await query<{ seconds: number }>(pool, OVERDUE))[0]?.seconds ?? 0;

interface DueRow extends LockedRow {
  remind_at: Date;
  preferred_reminder_hour: number | null;
  preferred_channels: string[];
  reminded_on: string | null;
  reminded_count: number;
}

export interface ReminderStoreDeps {
  pool: Pool;
  perDayMax: number;
  /** Told after the commit. */
  observe(decided: readonly DecidedReminder[], now: string): void;
}

/** Sends what is due of at most `limit` users, in one transaction: a reminder, its event and its message are there together, or the user is due still. */
export async function remindUsers({ pool, perDayMax, observe }: ReminderStoreDeps, { now, limit }: { now: string; limit: number }): Promise<Sweep> {
  let due: UserKey[] = [];
  try {
    const decided = await transact(pool, {
      async load(tx) {
        const { rows } = await tx.query<DueRow>({ ...TAKE_DUE, values: [now, limit] });
        due = rows.map(toKey);
        return { rows, loaded: due.length === 0 ? null : await loadForReminders(tx, due, now) };
      },
      decide: ({ rows, loaded }) => ({
        rows,
        remindings: loaded === null ? [] : rows.map((row) => remindUser(toUser(row, loaded), { since: row.remind_at.toISOString(), now, hour: row.preferred_reminder_hour ?? DEFAULT_REMINDER_HOUR }, { perDayMax })),
      }),
      async save(tx, { rows, remindings }) {
        if (rows.length > 0) await save(tx, { rows, remindings, now });
        return remindings;
      },
    });
    observe(decided.flatMap((reminding) => reminding.decided), now);
    return { users: due.length, events: decided.flatMap(({ events }) => events), isPart: false };
  } catch (failure) {
    const [user] = due;
    if (failure instanceof Unavailable || user === undefined || due.length > 1) throw failure;
    await query(pool, POSTPONE, [user.workspaceId, user.id, now]);
    return { users: 1, events: [], isPart: false, failure };
  }
}

const toKey = (row: LockedRow): UserKey => ({ workspaceId: row.workspace_id, id: row.id });

function toUser(row: DueRow, { remindables, answered, connections }: Awaited<ReturnType<typeof loadForReminders>>) {
  const key = userKey(toKey(row));
  return {
    ...toKey(row),
    timezone: row.timezone,
    preferredChannels: row.preferred_channels,
    answered: answered.get(key) ?? null,
    connections: connections.get(key) ?? new Map<string, { isFailing: boolean }>(),
    sentOn: { date: row.reminded_on ?? '', count: row.reminded_count },
    remindables: remindables.get(key) ?? [],
  };
}

async function save(tx: ClientBase, { rows, remindings, now }: { rows: readonly DueRow[]; remindings: readonly Reminding[]; now: string }): Promise<void> {
  await Promise.all([
    saveDecided(tx, remindings.flatMap(({ decided }) => decided), now),
    saveEvents(tx, remindings.flatMap(({ events }) => events), lockedUsers(rows, now)),
    tx.query({
      ...SAVE_USERS,
      values: [
        ...columnsOf(rows.map(toKey)), remindings.map(({ nextMs }) => (nextMs === null ? null : new Date(nextMs).toISOString())),
        remindings.map(({ sentOn }) => sentOn.date), remindings.map(({ sentOn }) => sentOn.count),
      ],
    }),
  ]);
}

async function saveDecided(tx: ClientBase, decided: readonly DecidedReminder[], now: string): Promise<void> {
  if (decided.length === 0) return;
  const columns = [
    decided.map(({ activity }) => activity.workspaceId), decided.map(({ activity }) => activity.id), decided.map(({ reminder }) => reminder.date),
    decided.map(({ reminder }) => reminder.slot), decided.map(({ activity }) => activity.userId), decided.map(({ outcome }) => outcome),
    decided.map(({ channel }) => channel), decided.map(({ reminder }) => new Date(reminder.dueMs).toISOString()),
  ];
  await tx.query({ ...SAVE_DECIDED, values: [...columns, now] });
}

import type { ReminderType } from '@waggle/contracts';
import type { Activity } from '../activities/activity.ts';
import type { Scheduled } from '../activities/loaded-activity.ts';

/** What reminders need to know of an activity. */
export type RemindedActivity = Pick<
  Activity,
  'workspaceId' | 'id' | 'userId' | 'type' | 'name' | 'recurrence' | 'startsOn' | 'createdOn' | 'createdAt' | 'window' | 'dueAt' | 'channels' | 'priority' | 'reminders' | 'timezone'
>;

/** `decided`: of which reminders was said what becomes of them, by `reminderKey`. */
export interface Remindable extends Scheduled {
  activity: RemindedActivity;
  decided: ReadonlySet<string>;
}

/** One of an occurrence's reminders. `slot` tells it from the occurrence's others: each has its turn once. */
export interface Reminder {
  /** The local day of the occurrence; of a task, the day on which it is due. */
  date: string;
  slot: string;
  type: ReminderType;
  dueMs: number;
  /** Before then it can be made up for at once where it was not yet to be sent when it was due: the end of a window, and of a snooze what is in time. Null: it passes. */
  makeUpUntilMs: number | null;
}

export const NUDGE = 'nudge';
export const FOLLOW_UP = 'follow_up';
/** Each end of a snooze has a nudge of its own. */
export const snoozeSlot = (until: string): string => `snooze ${until}`;

/** Contract, section 3: what comes later than this is dropped and counted. */
export const LATE_MAX_MS = 30 * 60_000;

export const reminderKey = ({ date, slot }: Pick<Reminder, 'date' | 'slot'>): string => `${date} ${slot}`;

/** What became of a reminder: `superseded` by a later one of the same occurrence that was due at the same look. */
export type ReminderOutcome = 'sent' | 'late' | 'superseded' | 'over_limit';

import { derivedId, toUtc, type BehaviorEvent } from '@waggle/contracts';
import { localDate } from '../local-date.ts';
import { chooseChannel, type Connections } from './choose-channel.ts';
import { judgeDue, nextLook, type Judged, type Look } from './look.ts';
import type { Remindable, RemindedActivity, Reminder, ReminderOutcome } from './reminder.ts';

/** Of one user whose row is locked. */
export interface RemindedUser {
  workspaceId: string;
  id: string;
  timezone: string;
  preferredChannels: string[];
  /** The channel of the user's last answer. */
  answered: string | null;
  connections: Connections;
  /** How many were sent on which local day. */
  sentOn: { date: string; count: number };
  remindables: Remindable[];
}

/** As it is to be kept, so that nobody decides it again. */
export interface DecidedReminder {
  activity: RemindedActivity;
  reminder: Reminder;
  outcome: ReminderOutcome;
  channel: string | null;
}

export interface Reminding {
  decided: DecidedReminder[];
  events: BehaviorEvent[];
  sentOn: RemindedUser['sentOn'];
  /** When to look again; null where the user has nothing to be reminded of. */
  nextMs: number | null;
}

/** Decides what is due of a user, oldest first. At one moment what matters more comes first, for the day's limit may end it. */
export function remindUser(user: RemindedUser, look: Look, { perDayMax }: { perDayMax: number }): Reminding {
  const today = localDate(look.now, user.timezone);
  let count = user.sentOn.date === today ? user.sentOn.count : 0;
  const due = user.remindables.flatMap((remindable) => judgeDue(remindable, look).map((judged) => ({ activity: remindable.activity, ...judged })));
  const inOrder = due.toSorted((a, b) => a.reminder.dueMs - b.reminder.dueMs || b.activity.priority - a.activity.priority);
  const decided = inOrder.map(({ activity, reminder, outcome }): DecidedReminder => {
    const known = outcomeOf(outcome, count < perDayMax);
    if (known !== 'sent') return { activity, reminder, outcome: known, channel: null };
    count++;
    const channel = chooseChannel({ activity: activity.channels, preferred: user.preferredChannels, answered: user.answered }, user.connections);
    return { activity, reminder, outcome: known, channel };
  });
  const next = user.remindables.flatMap((remindable) => nextLook(remindable, look) ?? []);
  return { decided, events: decided.flatMap((one) => (one.channel === null ? [] : [reminderSent(one, one.channel, look.now)])), sentOn: { date: today, count }, nextMs: next.length === 0 ? null : Math.min(...next) };
}

function outcomeOf(outcome: Judged['outcome'], isWithinLimit: boolean): ReminderOutcome {
  if (outcome !== 'due') return outcome;
  return isWithinLimit ? 'sent' : 'over_limit';
}

/** Its ids come from the occurrence, so that deciding again gives the same. */
function reminderSent({ activity, reminder }: DecidedReminder, channel: string, now: string): BehaviorEvent {
  const { workspaceId, id: activityId, userId } = activity;
  const cause = [workspaceId, activityId, reminder.date, reminder.slot] as const;
  return {
    event: 'reminder.sent',
    timestamp: toUtc(now),
    user_id: userId,
    reminder: {
      id: derivedId('rem', reminder.dueMs, ...cause), type: reminder.type, name: activity.name, channel, activity_id: activityId, activity_type: activity.type,
      scheduled_for: toUtc(new Date(reminder.dueMs)),
    },
    id: derivedId('evt', reminder.dueMs, ...cause),
    workspace_id: workspaceId,
  };
}

import type { ActivityView } from '@waggle/contracts';
import { isCompletedTask, type Occurrence } from './activity.ts';
import { stepsOf } from './change-run.ts';
import { occurrenceOn, type LoadedActivity } from './loaded-activity.ts';
import { keptUnder, occurrenceDay, readOccurrence } from './occurrence-day.ts';
import { presentOf } from './present.ts';
import { computeCompletionRate, computeStreak } from './streak.ts';

/** The activity as a client sees it now. `today` is the day of the present occurrence: a window past midnight keeps yesterday's. */
export function toActivityView(loaded: LoadedActivity, now: string): ActivityView {
  const { activity } = loaded;
  const present = presentOf(activity, now);
  const occurrence = presentOccurrence(loaded, now);
  return {
    id: activity.id,
    user_id: activity.userId,
    type: activity.type,
    name: activity.name,
    schedule: { recurrence: activity.recurrence, starts_on: activity.startsOn, window: activity.window, due_at: activity.dueAt },
    channels: activity.channels,
    priority: activity.priority,
    reminders: { enabled: activity.reminders.enabled, follow_up: activity.reminders.followUp },
    steps: activity.steps,
    status: statusOf(loaded, occurrence),
    today: toToday(loaded, occurrence, occurrenceDay(loaded, now)),
    streak: computeStreak(loaded, present),
    completion_rate_30d: roundRate(computeCompletionRate(loaded, present)),
    version: activity.version,
    created_at: activity.createdAt,
    updated_at: activity.updatedAt,
  };
}

/** The occurrence that a command would be about right now. */
export function presentOccurrence(loaded: LoadedActivity, now: string): Occurrence {
  return readOccurrence(loaded, occurrenceOn(loaded, keptUnder(loaded, now)), { at: now, present: presentOf(loaded.activity, now) });
}

function toToday({ activity }: LoadedActivity, occurrence: Occurrence, date: string): ActivityView['today'] {
  const { scheduled, state, channel, at, snoozedUntil } = occurrence;
  const isUntouched = state === 'pending';
  return {
    date,
    scheduled,
    state,
    channel: isUntouched ? null : channel,
    at: isUntouched ? null : at,
    snoozed_until: snoozedUntil,
    steps: stepsOf(activity, occurrence),
  };
}

function statusOf({ activity }: LoadedActivity, occurrence: Occurrence): ActivityView['status'] {
  if (activity.archivedAt !== null) return 'archived';
  return isCompletedTask(activity, occurrence) ? 'completed' : 'active';
}

/** Two decimals, as in the contract's example. */
const roundRate = (rate: number | null) => (rate === null ? null : Math.round(rate * 100) / 100);


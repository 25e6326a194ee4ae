import { isOpen, type Activity, type Occurrence } from '../activities/activity.ts';

/**
 * When the scheduler must look at an activity because its occurrence changed, in milliseconds; null where no reminder can come earlier than it
 * expects. What is done or skipped needs none: it finds that out when the reminder is due, so the commonest changes cost nothing here.
 */
export function lookAfterChange({ reminders }: Pick<Activity, 'reminders'>, { before, after, now }: { before: Occurrence; after: Occurrence; now: string }): number | null {
  if (!reminders.enabled || !isOpen(after) || (isOpen(before) && before.snoozedUntil === after.snoozedUntil)) return null;
  const nowMs = Date.parse(now);
  return after.snoozedUntil === null ? nowMs : Math.max(Date.parse(after.snoozedUntil), nowMs);
}

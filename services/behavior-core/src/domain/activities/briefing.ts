import type { Briefing } from '@waggle/contracts';
import { localDate } from '../local-date.ts';
import { isOpen, type Occurrence } from './activity.ts';
import type { LoadedActivity } from './loaded-activity.ts';
import { occurrenceDay } from './occurrence-day.ts';
import { presentOccurrence, toActivityView } from './view.ts';
import { spanOf } from './window.ts';

type Section = Exclude<keyof Briefing, 'date' | 'user_id'>;

/** What the user's day holds: each activity that has to do with it, once. */
export function toBriefing(activities: readonly LoadedActivity[], { userId, timezone, now }: { userId: string; timezone: string; now: string }): Briefing {
  const briefing: Briefing = { date: localDate(now, timezone), user_id: userId, in_window: [], later: [], due: [], overdue: [], done: [] };
  for (const loaded of activities) {
    const section = sectionOf(loaded, now);
    if (section !== null) briefing[section].push(toActivityView(loaded, now));
  }
  return briefing;
}

/** Null for what is not about today: a day without an occurrence, a task that is due later or was done before. */
function sectionOf(loaded: LoadedActivity, now: string): Section | null {
  const { activity } = loaded;
  const occurrence = presentOccurrence(loaded, now);
  if (!isOpen(occurrence)) return sectionOfClosed(loaded, occurrence, now);
  if (activity.archivedAt !== null || !occurrence.scheduled) return null;
  const today = localDate(now, activity.timezone);
  if (activity.type === 'task' && activity.startsOn > today) return null;
  if (activity.dueAt !== null && activity.dueAt < now) return 'overdue';
  if (occurrence.state === 'snoozed') return 'later';
  if (activity.dueAt !== null && localDate(activity.dueAt, activity.timezone) > today) return null;
  return sectionOfWindow(loaded, now);
}

function sectionOfClosed({ activity }: LoadedActivity, { state, at }: Occurrence, now: string): Section | null {
  if (state === 'missed') return null;
  const isOfAnotherDay = activity.type === 'task' && at !== null && localDate(at, activity.timezone) !== localDate(now, activity.timezone);
  return isOfAnotherDay ? null : 'done';
}

/** A window that is over leaves what is still open due: the day is not. */
function sectionOfWindow(loaded: LoadedActivity, now: string): Section {
  const { window, timezone } = loaded.activity;
  if (window === null) return 'due';
  const { startMs, endMs } = spanOf(window, occurrenceDay(loaded, now), timezone);
  const nowMs = Date.parse(now);
  if (nowMs < startMs) return 'later';
  return nowMs < endMs ? 'in_window' : 'due';
}

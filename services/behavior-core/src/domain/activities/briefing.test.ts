import { expect, test } from '@jest/globals';
import { anActivity } from '../../../test/builders.ts';
import { newOccurrence, TASK_DATE, type Activity, type Occurrence } from './activity.ts';
import { toBriefing } from './briefing.ts';
import { loadedActivity, record } from './loaded-activity.ts';

const NOW = '2026-03-28T12:00:00Z';
const on = (date: string, state: Occurrence['state'], more: Partial<Occurrence> = {}): Occurrence => ({ ...newOccurrence(date), state, at: `${date}T08:00:00Z`, ...more });

test.each<{ description: string; activity?: Partial<Activity>; recorded?: Occurrence; section: string | null; now?: string }>([
  { description: 'open without a window', section: 'due' },
  { description: 'open and inside its window', activity: { window: { start: '11:00', end: '13:00' } }, section: 'in_window' },
  { description: 'its window is still ahead', activity: { window: { start: '13:00', end: '14:00' } }, section: 'later' },
  { description: 'its window is over and the day is not', activity: { window: { start: '07:00', end: '08:00' } }, section: 'due' },
  { description: 'inside a window that began yesterday', activity: { window: { start: '22:00', end: '02:00' } }, now: '2026-03-28T01:00:00Z', section: 'in_window' },
  { description: 'snoozed', recorded: on('2026-03-28', 'snoozed', { snoozedUntil: '2026-03-28T13:00:00Z' }), section: 'later' },
  { description: 'a snooze that is over', recorded: on('2026-03-28', 'snoozed', { snoozedUntil: '2026-03-28T11:00:00Z' }), section: 'due' },
  { description: 'done', recorded: on('2026-03-28', 'done'), section: 'done' },
  { description: 'skipped', recorded: on('2026-03-28', 'skipped'), section: 'done' },
  { description: 'partial', recorded: on('2026-03-28', 'partial'), section: 'done' },
  { description: 'no occurrence today', activity: { recurrence: 'FREQ=WEEKLY;BYDAY=MO' }, section: null },
  { description: 'done although there was none', activity: { recurrence: 'FREQ=WEEKLY;BYDAY=MO' }, recorded: on('2026-03-28', 'done', { scheduled: false }), section: 'done' },
  { description: 'archived', activity: { archivedAt: NOW }, section: null },
  { description: 'a task without a date', activity: { type: 'task' }, section: 'due' },
  { description: 'a task due today', activity: { type: 'task', dueAt: '2026-03-28T18:00:00Z' }, section: 'due' },
  { description: 'a task past due', activity: { type: 'task', dueAt: '2026-03-28T11:59:00Z' }, section: 'overdue' },
  { description: 'a task due tomorrow', activity: { type: 'task', dueAt: '2026-03-29T11:00:00Z' }, section: null },
  { description: 'a task done today', activity: { type: 'task' }, recorded: on(TASK_DATE, 'done', { at: '2026-03-28T08:00:00Z' }), section: 'done' },
  { description: 'a task done before', activity: { type: 'task' }, recorded: on(TASK_DATE, 'done', { at: '2026-03-27T08:00:00Z' }), section: null },
])('$description: $section', ({ activity = {}, recorded, section, now = NOW }) => {
  const loaded = loadedActivity(anActivity(activity));
  if (recorded !== undefined) record(loaded, recorded);
  const { date, user_id: userId, ...sections } = toBriefing([loaded], { userId: 'usr_0', timezone: 'UTC', now });
  expect([date, userId]).toEqual(['2026-03-28', 'usr_0']);
  expect(Object.entries(sections).filter(([, list]) => list.length > 0).map(([name]) => name)).toEqual(section === null ? [] : [section]);
});

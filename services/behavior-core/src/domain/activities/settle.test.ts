import { describe, expect, test } from '@jest/globals';
import { anActivity, aRoutine } from '../../../test/builders.ts';
import { dayNumber } from '../local-date.ts';
import { newOccurrence, type Activity, type Occurrence } from './activity.ts';
import { loadedActivity, record } from './loaded-activity.ts';
import { settle } from './settle.ts';

function given(activity: Activity, ...recorded: Occurrence[]) {
  const loaded = loadedActivity(activity);
  for (const occurrence of recorded) record(loaded, occurrence);
  return loaded;
}
const missedBy = (now: string, ...activities: ReturnType<typeof given>[]) => settle(activities, now).missed.map(({ activity, occurrence }) => `${activity.id} ${occurrence.date}`);
const on = (date: string, state: Occurrence['state'], more: Partial<Occurrence> = {}): Occurrence => ({ ...newOccurrence(date), state, ...more });

describe('a day that ended', () => {
  test('makes what was open missed, and tells it once with the streak after it', () => {
    const habit = given(anActivity({ settledUntil: '2026-03-26' }), on('2026-03-25', 'done'));
    const { missed, events, settled } = settle([habit], '2026-03-27T00:00:00Z');
    expect(missed).toMatchObject([{ occurrence: { date: '2026-03-26', state: 'missed', wasMissed: true } }]);
    expect(events).toMatchObject([
      { event: 'activity.missed', timestamp: '2026-03-27T00:00:00Z', activity: { id: 'act_0', channel: 'telegram', occurrence_date: '2026-03-26', streak: { current: 0, longest: 1 } } },
    ]);
    expect(settled).toMatchObject([{ settledUntil: '2026-03-27' }]);
    expect(settle([habit], '2026-03-27T00:00:00Z')).toMatchObject({ missed: [], events: [] });
  });

  test('leaves alone what is done, skipped or partial, and days without an occurrence', () => {
    const weekly = anActivity({ settledUntil: '2026-03-16', recurrence: 'FREQ=WEEKLY;BYDAY=MO' });
    expect(missedBy('2026-03-31T12:00:00Z', given(weekly, on('2026-03-23', 'done'), on('2026-03-24', 'done', { scheduled: false })))).toEqual(['act_0 2026-03-16', 'act_0 2026-03-30']);
    const daily = anActivity({ settledUntil: '2026-03-26' });
    expect(missedBy('2026-03-28T12:00:00Z', given(daily, on('2026-03-26', 'skipped'), on('2026-03-27', 'partial')))).toEqual([]);
  });

  test('leaves alone a day of which only the history is known, as where a change loads the days around it and those that are open', () => {
    const habit = loadedActivity(anActivity({ settledUntil: '2026-03-24' }), new Map([[dayNumber('2026-03-25'), { state: 'done', scheduled: true, snoozedUntil: null }]]));
    expect(missedBy('2026-03-27T12:00:00Z', habit)).toEqual(['act_0 2026-03-24', 'act_0 2026-03-26']);
  });

  test('has the same event however often and by whomever it is judged', () => {
    const judge = () => settle([given(anActivity({ settledUntil: '2026-03-26' }))], '2026-03-27T05:00:00Z').events;
    expect(judge()).toEqual(judge());
  });

  test('before the creation is not judged, and neither are tasks and archived activities', () => {
    const now = '2026-03-28T12:00:00Z';
    expect(missedBy(now, given(anActivity({ startsOn: '2026-03-28' }), on('2026-03-20', 'snoozed', { snoozedUntil: '2026-03-20T10:00:00Z' })))).toEqual([]);
    expect(missedBy(now, given(anActivity({ type: 'task' })), given(anActivity({ archivedAt: '2026-03-27T00:00:00Z', settledUntil: '2026-03-20' })))).toEqual([]);
  });

  test('is judged late for a window past midnight and a snooze past it', () => {
    const night = anActivity({ settledUntil: '2026-03-27', window: { start: '22:00', end: '02:00' } });
    expect(missedBy('2026-03-28T01:00:00Z', given(night))).toEqual([]);
    expect(missedBy('2026-03-28T02:00:00Z', given(night))).toEqual(['act_0 2026-03-27']);
    const snoozed = given(anActivity({ settledUntil: '2026-03-27' }), on('2026-03-27', 'snoozed', { snoozedUntil: '2026-03-28T00:10:00Z' }));
    expect(missedBy('2026-03-28T12:00:00Z', snoozed)).toEqual([]);
    expect(missedBy('2026-03-29T00:00:00Z', snoozed)).toEqual(['act_0 2026-03-27', 'act_0 2026-03-28']);
  });

  test('that is reopened is missed then, unless that was told before', () => {
    const activity = anActivity({ settledUntil: '2026-03-28' });
    expect(missedBy('2026-03-28T12:00:00Z', given(activity, on('2026-03-20', 'pending')))).toEqual(['act_0 2026-03-20']);
    expect(missedBy('2026-03-28T12:00:00Z', given(activity, on('2026-03-20', 'pending', { wasMissed: true })))).toEqual([]);
  });

  test('closes a run that is open', () => {
    const routine = given(aRoutine({ settledUntil: '2026-03-27' }), on('2026-03-27', 'pending', { run: 'open', steps: [{ id: 'stp_1', name: 'Stretch', state: 'done' }] }));
    expect(settle([routine], '2026-03-28T00:00:00Z').missed).toMatchObject([{ occurrence: { state: 'missed', run: 'closed', steps: [{ state: 'done' }] } }]);
  });

  test('of many is judged oldest first over all activities, a month at a time', () => {
    const two = () => [given(anActivity({ id: 'act_a', settledUntil: '2026-01-01' })), given(anActivity({ id: 'act_b', settledUntil: '2026-01-02' }))];
    const first = settle(two(), '2026-03-28T12:00:00Z');
    expect(first.isPart).toBe(true);
    expect(first.missed).toHaveLength(62);
    expect(first.missed.slice(0, 4).map(({ activity, occurrence }) => `${activity.id} ${occurrence.date}`)).toEqual(['act_a 2026-01-01', 'act_a 2026-01-02', 'act_b 2026-01-02', 'act_a 2026-01-03']);
    expect(first.settled.map(({ settledUntil }) => settledUntil)).toEqual(['2026-02-01', '2026-02-02']);
  });
});

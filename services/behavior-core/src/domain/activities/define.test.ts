import { describe, expect, test } from '@jest/globals';
import { activityCreation, changeActivityBody, replaceActivityBody } from '@waggle/contracts';
import { anActivity, aRoutine } from '../../../test/builders.ts';
import { archiveActivity, changed, createActivity, replaced, restoreActivity, updateActivity } from './define.ts';
import { loadedActivity } from './loaded-activity.ts';

const NOW = '2026-03-28T09:00:00Z';
const making = { eventId: 'evt_1', now: NOW };
const settled = { settledUntil: '2026-03-28' };

test('type and name are enough to create', () => {
  const user = { workspaceId: 'ws_demo', userId: 'usr_0', timezone: 'Pacific/Kiritimati' };
  expect(createActivity(activityCreation.parse({ type: 'habit', name: 'Read' }), user, { activityId: 'act_1', now: '2026-03-28T11:00:00Z' })).toEqual({
    ...anActivity({ id: 'act_1', name: 'Read', channels: [], startsOn: '2026-03-29', timezone: 'Pacific/Kiritimati', settledUntil: '2026-03-29' }),
    createdAt: '2026-03-28T11:00:00Z', updatedAt: '2026-03-28T11:00:00Z',
  });
});

describe('a definition', () => {
  test('that is changed keeps what is left out, inside schedule and reminders too', () => {
    const activity = anActivity({ recurrence: 'FREQ=DAILY', window: { start: '07:30', end: '08:00' }, priority: 3 });
    const next = changed(activity, changeActivityBody.parse({ name: 'Walk', schedule: { window: null }, reminders: { follow_up: false } }), NOW);
    expect(next).toEqual({ ...activity, name: 'Walk', window: null, reminders: { enabled: true, followUp: false } });
  });

  test('that is replaced has defaults for what is left out', () => {
    const activity = aRoutine({ recurrence: 'FREQ=DAILY', startsOn: '2026-03-10', createdOn: '2026-03-05', priority: 3, channels: ['slack'], reminders: { enabled: false, followUp: false } });
    expect(replaced(activity, replaceActivityBody.parse({ name: 'Walk' }), NOW)).toEqual({
      ...activity, name: 'Walk', recurrence: null, startsOn: '2026-03-05', priority: 0, channels: [], reminders: { enabled: true, followUp: true }, steps: [],
    });
  });

  test('that is changed tells which fields, with the new version', () => {
    const loaded = loadedActivity(aRoutine(settled));
    const next = changed(loaded.activity, changeActivityBody.parse({ name: 'Evening', schedule: { window: { start: '20:00', end: '21:00' } }, steps: [{ id: 'stp_1', name: 'Stretch' }] }), NOW);
    expect(updateActivity(loaded, next, making)).toMatchObject({
      activity: { version: 2, updatedAt: NOW },
      events: [{ event: 'activity.updated', id: 'evt_1', timestamp: NOW, activity: { name: 'Evening', version: 2, changed: ['name', 'schedule', 'steps'] } }],
    });
  });

  test('that says what it was is no change', () => {
    const loaded = loadedActivity(anActivity(settled));
    expect(updateActivity(loaded, changed(loaded.activity, changeActivityBody.parse({ name: 'Drink water', type: 'habit' }), NOW), making)).toBeNull();
  });

  test('that is changed is judged first by what was true until then', () => {
    const loaded = loadedActivity(anActivity({ settledUntil: '2026-03-27' }));
    const next = changed(loaded.activity, changeActivityBody.parse({ schedule: { recurrence: 'FREQ=WEEKLY;BYDAY=MO' } }), NOW);
    const definition = updateActivity(loaded, next, making);
    expect(definition).toMatchObject({ activity: { settledUntil: '2026-03-28', recurrence: 'FREQ=WEEKLY;BYDAY=MO' }, missed: [{ occurrence: { date: '2026-03-27' } }] });
    expect(definition?.events.map(({ event }) => event)).toEqual(['activity.missed', 'activity.updated']);
  });

  test('is archived once and restored once; the days in between are nobody\'s', () => {
    const loaded = loadedActivity(anActivity(settled));
    const archived = archiveActivity(loaded, making)!;
    expect(archived).toMatchObject({ activity: { archivedAt: NOW, version: 2 }, events: [{ event: 'activity.deleted', activity: { version: 2 } }] });
    const gone = loadedActivity(archived.activity);
    expect(archiveActivity(gone, making)).toBeNull();
    const later = { eventId: 'evt_2', now: '2026-04-10T09:00:00Z' };
    const restored = restoreActivity(gone, later)!;
    expect(restored).toMatchObject({ activity: { archivedAt: null, version: 3, settledUntil: '2026-04-10' }, events: [{ event: 'activity.updated', activity: { changed: ['status'], version: 3 } }] });
    expect(restoreActivity(loadedActivity(restored.activity), later)).toBeNull();
  });
});

import type { BehaviorEvent } from '@waggle/contracts';
import { expect, test } from '@jest/globals';
import { anActivity } from '../../../test/builders.ts';
import { newOccurrence } from '../activities/activity.ts';
import { definitionEvent, occurrenceEvent } from '../activities/events.ts';
import { toldTo, type Telling } from './told-to.ts';

const head = { id: 'evt_1', timestamp: '2026-03-28T08:00:00Z' };
const activity = anActivity();
const completed = (day: string) => occurrenceEvent('activity.completed', head, { activity, occurrence: newOccurrence(day), day, streak: null, channel: undefined });
const reminded: BehaviorEvent = {
  event: 'reminder.sent', ...head, user_id: 'usr_0', workspace_id: 'ws_demo',
  reminder: { id: 'rem_1', type: 'nudge', name: 'Read', channel: 'slack', activity_id: 'act_0', activity_type: 'habit', scheduled_for: head.timestamp },
};
const user = { channels: ['telegram', 'slack'], timezone: 'Pacific/Kiritimati', now: '2026-03-28T11:00:00Z' };
const single: Telling = { isBulk: false, notify: false };

test.each([
  { description: 'a change is told to all', event: completed('2026-03-29'), telling: single, to: ['feed', 'telegram', 'slack'] },
  { description: 'but to its origin', event: completed('2026-03-29'), telling: { ...single, origin: 'telegram' }, to: ['feed', 'slack'] },
  { description: 'the feed is one of them', event: completed('2026-03-29'), telling: { ...single, origin: 'feed' }, to: ['telegram', 'slack'] },
  { description: 'an origin that is no channel changes nothing', event: completed('2026-03-29'), telling: { ...single, origin: 'app' }, to: ['feed', 'telegram', 'slack'] },
  { description: "a change to the user's yesterday is told", event: completed('2026-03-28'), telling: single, to: ['feed', 'telegram', 'slack'] },
  { description: 'one to the day before is not', event: completed('2026-03-27'), telling: single, to: [] },
  { description: 'unless it is asked for', event: completed('2026-03-27'), telling: { ...single, notify: true }, to: ['feed', 'telegram', 'slack'] },
  { description: 'bulk is silent', event: completed('2026-03-29'), telling: { ...single, isBulk: true }, to: [] },
  { description: 'unless it is asked for, and not to the origin even then', event: completed('2026-03-29'), telling: { isBulk: true, notify: true, origin: 'slack' }, to: ['feed', 'telegram'] },
  { description: 'what the system does itself is told', event: completed('2026-03-28'), telling: undefined, to: ['feed', 'telegram', 'slack'] },
  { description: 'where it is not too late', event: completed('2026-03-20'), telling: undefined, to: [] },
  { description: 'a definition is of no day', event: definitionEvent('activity.created', head, activity), telling: undefined, to: ['feed', 'telegram', 'slack'] },
  { description: 'a reminder goes to one', event: reminded, telling: undefined, to: ['slack'] },
])('$description', ({ event, telling, to }) => {
  expect(toldTo(event, telling, user)).toEqual(to);
});

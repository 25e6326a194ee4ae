import { describe, expect, test } from '@jest/globals';
import { naturalCommandId } from './command-id.ts';
import { activityCreateBody, inboundBodies, inboundBody, type InboundEvent, type InstructionBody } from './inbound.ts';

const base = { user_id: 'usr_1', timestamp: '2026-03-28T08:12:44Z' };
const WELL = {
  'activity.completed': { activity_id: 'act_1' },
  'activity.skipped': { activity_id: 'act_1' },
  'activity.snoozed': { activity_id: 'act_1', snooze_minutes: 10 },
  'activity.reopened': { activity_id: 'act_1' },
  'routine.activated': { activity_id: 'act_1' },
  'routine.step_completed': { activity_id: 'act_1', step_id: 'stp_1' },
  'routine.step_skipped': { activity_id: 'act_1', step_id: 'stp_1' },
  'onboarding.completed': { template: 'morning' },
} satisfies Record<InboundEvent, object>;
const bodyOf = (event: InboundEvent, more: object = {}) => ({ ...base, event, ...WELL[event], ...more });
const pathsOf = (body: unknown) => inboundBody.safeParse(body).error?.issues.map(({ path }) => path.join('.'));

describe('an inbound body', () => {
  test.each(Object.keys(inboundBodies))('%s is known, and its unknown fields are dropped', (event) => {
    const body = { ...base, event, ...Object.entries(WELL).find(([name]) => name === event)?.[1] };
    expect(inboundBody.parse({ ...body, partners: 'add fields' })).toEqual(body);
  });

  test.each<{ description: string; body: object; path: string }>([
    { description: 'a snooze without an end', body: bodyOf('activity.snoozed', { snooze_minutes: undefined }), path: 'snooze_minutes' },
    { description: 'a snooze with two ends', body: bodyOf('activity.snoozed', { until: '2026-03-28T09:00:00Z' }), path: 'snooze_minutes' },
    { description: 'a snooze of no length', body: bodyOf('activity.snoozed', { snooze_minutes: 0 }), path: 'snooze_minutes' },
    { description: 'a snooze of more than a day', body: bodyOf('activity.snoozed', { snooze_minutes: 1_441 }), path: 'snooze_minutes' },
    { description: 'a snooze that ends when it begins', body: bodyOf('activity.snoozed', { snooze_minutes: undefined, until: base.timestamp }), path: 'until' },
    { description: 'a snooze until a time without an offset', body: bodyOf('activity.snoozed', { snooze_minutes: undefined, until: '2026-03-28T09:00:00' }), path: 'until' },
    { description: 'a snooze until never', body: bodyOf('activity.snoozed', { snooze_minutes: undefined, until: 'never' }), path: 'until' },
    { description: 'a snooze for centuries', body: bodyOf('activity.snoozed', { snooze_minutes: undefined, until: '2400-01-01T00:00:00Z' }), path: 'until' },
    { description: 'a step without its id', body: bodyOf('routine.step_completed', { step_id: undefined }), path: 'step_id' },
    { description: 'an onboarding with nothing', body: bodyOf('onboarding.completed', { template: undefined }), path: 'template' },
    { description: 'an onboarding with both', body: bodyOf('onboarding.completed', { activities: [{ type: 'habit', name: 'Read' }] }), path: 'template' },
    { description: 'an onboarding with no activities', body: bodyOf('onboarding.completed', { template: undefined, activities: [] }), path: 'activities' },
    {
      description: 'a window of no length in a list', path: 'activities.0.schedule.window.end',
      body: bodyOf('onboarding.completed', { template: undefined, activities: [{ type: 'habit', name: 'Read', schedule: { window: { start: '08:00', end: '08:00' } } }] }),
    },
  ])('with $description names $path', ({ body, path }) => {
    expect(pathsOf(body)).toEqual([path]);
  });
});

describe('a natural command id', () => {
  const idOf = (body: unknown) => naturalCommandId('ws_1', inboundBody.parse(body));
  const activity = { type: 'habit', name: 'Read' };
  const list = (...activities: object[]) => bodyOf('onboarding.completed', { template: undefined, activities });

  test.each<{ description: string; one: object; other: object }>([
    { description: 'another spelling of the timestamp', one: bodyOf('activity.completed'), other: bodyOf('activity.completed', { timestamp: '2026-03-28T09:12:44.000+01:00' }) },
    { description: 'a channel', one: bodyOf('activity.completed'), other: bodyOf('activity.completed', { channel: 'slack' }) },
    { description: 'minutes or the end that they give', one: bodyOf('activity.snoozed'), other: bodyOf('activity.snoozed', { snooze_minutes: undefined, until: '2026-03-28T08:22:44Z' }) },
    { description: 'defaults that are written out', one: list(activity), other: list({ ...activity, priority: 0, steps: [] }) },
  ])('is the same for $description', ({ one, other }) => {
    expect(idOf(one)).toBe(idOf(other));
  });

  test('is another for whatever is asked', () => {
    const bodies = [
      ...Object.entries(WELL).map(([event, more]) => ({ ...base, event, ...more })), bodyOf('activity.completed', { activity_id: 'act_2' }), bodyOf('activity.completed', { user_id: 'usr_2' }),
      bodyOf('activity.completed', { timestamp: '2026-03-28T08:12:45Z' }), bodyOf('activity.snoozed', { snooze_minutes: 11 }), bodyOf('routine.step_completed', { step_id: 'stp_2' }),
      bodyOf('onboarding.completed', { template: 'evening' }), list(activity), list(activity, activity),
    ];
    const creations: InstructionBody[] = [{}, { id: 'act_1' }].map((more) => activityCreateBody.parse({ event: 'activity.create', user_id: 'usr_1', activity: { ...activity, ...more } }));
    const ids = [...bodies.map(idOf), ...creations.map((body) => naturalCommandId('ws_1', body)), naturalCommandId('ws_2', inboundBody.parse(bodies[0]))];
    expect(new Set(ids).size).toBe(ids.length);
  });
});

test.each(['x', '', '2026-13-01T00:00:00Z', '2026-01-01T23:59:60Z', '2026-01-01T00:00:00+99:00', '2026-01-01T00:00:00', '1969-12-31T00:00:00Z'])('a due date of %j is a fault that is named, of one item', (due_at) => {
  const parsed = activityCreateBody.safeParse({ event: 'activity.create', user_id: 'usr_1', activity: { type: 'task', name: 'x', schedule: { due_at } } });
  expect(parsed.error?.issues.map(({ path }) => path.join('.'))).toContain('activity.schedule.due_at');
});

import { callApi, useStack } from '@waggle/testkit';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';

const stack = useStack();
const keys = { system: '', user: '' };

beforeAll(async () => {
  await stack.start('behavior-core', { API_LIMIT_PER_MINUTE: '10000' });
  keys.system = (await stack.createWorkspace()).systemKey;
  await onCore('PUT', '/v1/users/usr_owner/settings', {});
  keys.user = (await onCore('POST', '/v1/users/usr_owner/api-keys', { label: 'phone' })).body.api_key;
  await stack.run(createApp(loadConfig(stack.envOf('ingress'))).components);
}, 60_000);

const onCore = (method: string, path: string, body?: unknown) => callApi(method, `${stack.urlOf('behavior-core')}${path}`, { key: keys.system, body });
async function post(body: unknown, key = keys.system) {
  const answer = await callApi('POST', `${stack.urlOf('ingress')}/v1/webhooks/inbound`, { key, body });
  return { status: answer.status, body: answer.body };
}

let users = 0;
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
async function an(type: string, given: object = {}) {
  const { body } = await onCore('POST', '/v1/activities', { type, name: 'Morning', user_id: `usr_${users++}`, ...given });
  return (event: string, more: object = {}) => ({ event, activity_id: String(body.id), user_id: String(body.user_id), timestamp: minutesAgo(0), ...more });
}
const namesOf = (answer: Awaited<ReturnType<typeof post>>) => answer.body.events.map(({ event }: { event: string }) => event);

test('a time may be written without seconds, and is the same time with them', async () => {
  const completed = (await an('habit'))('activity.completed', { timestamp: '2026-03-28T08:12Z' });
  expect(await post(completed)).toMatchObject({ status: 200, body: { status: 'processed' } });
  expect(await post({ ...completed, timestamp: '2026-03-28T09:12:00.000+01:00' })).toMatchObject({ status: 200, body: { status: 'duplicate' } });
});

describe('a snooze', () => {
  test('has an end, by minutes or by time, and is undone by reopening', async () => {
    const habit = await an('habit');
    const timestamp = '2026-11-20T08:00:00Z';
    const bounds = [{ snooze_minutes: 1_440 }, { until: new Date(Date.now() + 3_600_000).toISOString() }];
    for (const bound of bounds) expect(await post(habit('activity.snoozed', bound))).toMatchObject({ status: 200, body: { status: 'processed', activity: { today: { state: 'snoozed' } }, events: [{ event: 'activity.snoozed' }] } });
    expect(await post(habit('activity.reopened'))).toMatchObject({ body: { status: 'processed', activity: { today: { state: 'pending', snoozed_until: null } } } });
    for (const bound of [{}, { snooze_minutes: 5, until: minutesAgo(-5) }, { until: timestamp, timestamp }, { snooze_minutes: 1.5 }]) {
      expect(await post(habit('activity.snoozed', bound))).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    }
  });

  test('is the same request with the same end, and another with another', async () => {
    const habit = await an('habit');
    const first = habit('activity.snoozed', { snooze_minutes: 600 });
    expect((await post(first)).body.status).toBe('processed');
    expect((await post(first)).body.status).toBe('duplicate');
    expect((await post({ ...first, snooze_minutes: 601 })).body.status).toBe('processed');
  });
});

describe('a routine', () => {
  const steps = [{ id: 'stp_1', name: 'Stretch' }, { id: 'stp_2', name: 'Read' }];

  test('runs step by step and closes by its last', async () => {
    const routine = await an('routine', { steps });
    expect(namesOf(await post(routine('routine.activated')))).toEqual(['routine.activated']);
    expect(await post(routine('routine.activated', { timestamp: minutesAgo(0) }))).toMatchObject({ body: { status: 'unchanged' } });
    expect(namesOf(await post(routine('routine.step_completed', { step_id: 'stp_1' })))).toEqual(['routine.step_completed']);
    expect(await post(routine('routine.step_completed', { step_id: 'stp_of_another' }))).toMatchObject({ status: 404, body: { code: 'not_found' } });
    const last = await post(routine('routine.step_completed', { step_id: 'stp_2' }));
    expect(namesOf(last)).toEqual(['routine.step_completed', 'activity.completed']);
    expect(last.body.activity).toMatchObject({ today: { state: 'done', steps: [{ state: 'done' }, { state: 'done' }] }, streak: { current: 1, longest: 1 } });
    expect(await post(routine('routine.step_skipped', { step_id: 'stp_2' }))).toMatchObject({ status: 409, body: { code: 'invalid_transition' } });
  });

  test('completed as a whole does what is pending, and closes as partial where something was skipped', async () => {
    const routine = await an('routine', { steps });
    expect(namesOf(await post(routine('routine.step_skipped', { step_id: 'stp_1' })))).toEqual(['routine.step_skipped']);
    expect(namesOf(await post(routine('activity.completed')))).toEqual(['routine.step_completed', 'routine.partial']);
  });

  test('steps of the same second are requests of their own', async () => {
    const routine = await an('routine', { steps });
    const timestamp = minutesAgo(0);
    for (const step_id of ['stp_1', 'stp_2']) expect((await post(routine('routine.step_completed', { step_id, timestamp }))).body.status).toBe('processed');
  });
});

describe('an onboarding', () => {
  const onboarding = (given: object) => ({ event: 'onboarding.completed', user_id: `usr_new_${users++}`, timestamp: minutesAgo(0), ...given });
  const activities = [{ type: 'habit', name: 'Drink water', colour: 'partners add fields' }, { type: 'routine', name: 'Morning', steps: [{ name: 'Stretch' }] }];

  test('creates the user and a list of activities', async () => {
    const body = onboarding({ activities });
    const first = await post(body);
    expect(first).toMatchObject({
      status: 200,
      body: { status: 'processed', activity: null, activities: [{ name: 'Drink water', user_id: body.user_id }, { steps: [{ id: expect.stringMatching(/^stp_/) }] }], events: [{ event: 'activity.created' }, { event: 'activity.created' }] },
    });
    expect(await post(body)).toEqual({ status: 200, body: { ...first.body, status: 'duplicate' } });
    expect((await onCore('GET', `/v1/activities?user_id=${body.user_id}`)).body.data).toHaveLength(2);
  });

  test('by a template is applied once; an unknown one makes nothing, not even the user', async () => {
    const body = onboarding({ template: 'start' });
    expect(await post(body)).toMatchObject({ status: 404, body: { code: 'template_not_found' } });
    expect((await onCore('GET', `/v1/activities/today?user_id=${body.user_id}`)).status).toBe(404);
    await onCore('POST', '/v1/activity-templates', { name: 'start', activities: [{ type: 'habit', name: 'Drink water' }] });
    expect(await post(body)).toMatchObject({ status: 200, body: { status: 'processed', activities: [{ name: 'Drink water' }] } });
    expect(await post({ ...body, timestamp: minutesAgo(1) })).toMatchObject({ status: 200, body: { status: 'unchanged', events: [] } });
    expect((await onCore('GET', `/v1/activities?user_id=${body.user_id}`)).body.data).toHaveLength(1);
  });

  test('is all or nothing', async () => {
    const taken = (await onCore('POST', '/v1/activities', { id: `act_taken_${users}`, type: 'habit', name: 'Read', user_id: `usr_${users++}` })).body.id;
    const lists = [
      { list: [...activities, { type: 'habit', name: 'Read', id: taken }], answer: { status: 409, body: { code: 'already_exists' } } },
      { list: [...activities, { type: 'habit', name: 'Read', schedule: { recurrence: 'FREQ=HOURLY' } }], answer: { status: 400, body: { code: 'validation_failed', errors: [{ path: 'activities.2.schedule.recurrence', message: expect.any(String) }] } } },
      { list: Array(26).fill(activities[0]), answer: { status: 403, body: { code: 'plan_limit_reached' } } },
      { list: [...activities, { type: 'habit' }], answer: { status: 400, body: { errors: [{ path: 'activities.2.name' }] } } },
    ];
    for (const { list, answer } of lists) {
      const body = onboarding({ activities: list });
      expect(await post(body)).toMatchObject(answer);
      expect((await onCore('GET', `/v1/activities/today?user_id=${body.user_id}`)).status).toBe(404);
    }
  });

  test('with a user key is for its owner', async () => {
    expect(await post({ ...onboarding({ activities }), user_id: 'usr_owner' }, keys.user)).toMatchObject({ status: 200, body: { status: 'processed' } });
    expect(await post(onboarding({ activities }), keys.user)).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  });
});

test('what an activity cannot do is a 409, and creations have no single webhook', async () => {
  const habit = await an('habit');
  expect(await post(habit('routine.activated'))).toMatchObject({ status: 409, body: { code: 'invalid_transition' } });
  expect(await post(habit('routine.step_completed', { step_id: 'stp_1' }))).toMatchObject({ status: 404 });
  expect(await post({ ...habit('activity.create'), activity: { type: 'habit', name: 'Read' } })).toMatchObject({ status: 422, body: { code: 'unknown_event' } });
  expect(await post(habit('activity.completed', { timestamp: '0001-01-01T00:00:00Z' }))).toMatchObject({ status: 400 });
});

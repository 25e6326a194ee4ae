import { behaviorEvent } from '@waggle/contracts';
import { createOperationIds } from '@waggle/http';
import { callApi, eventually, useStack } from '@waggle/testkit';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';

const stack = useStack();
const events = stack.collect(behaviorEvent.topic);
const keys = { system: '', user: '' };
let workspaceId = '';

beforeAll(async () => {
  await stack.run(createApp(loadConfig(stack.envOf('behavior-core', { API_LIMIT_PER_MINUTE: '10000', HABITS_MAX: '3', TASKS_MAX: '2', DAY_SWEEP_INTERVAL_MS: '50' }))).components);
  ({ systemKey: keys.system, workspaceId } = await stack.createWorkspace());
  await create({ user_id: 'usr_owner' });
  keys.user = (await call('POST', '/v1/users/usr_owner/api-keys', { body: { label: 'phone' } })).body.api_key;
});

interface Options {
  key?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

/** Status and body: what these tests compare. */
async function call(method: string, path: string, { key = keys.system, body, headers = {} }: Options = {}) {
  const answer = await callApi(method, `${stack.urlOf('behavior-core')}${path}`, { key, body, headers });
  return { status: answer.status, body: answer.body };
}

let users = 0;
async function create(given: object = {}, options: Options = {}) {
  const body = { type: 'habit', name: 'Drink water', ...(options.key === undefined && { user_id: `usr_${users++}` }), ...given };
  return call('POST', '/v1/activities', { ...options, body });
}
const ofUser = (userId: string) => events.map(({ value }) => JSON.parse(value)).filter(({ user_id }) => user_id === userId);
const eventNames = (userId: string) => ofUser(userId).map(({ event }) => event);
const today = () => new Date().toISOString().slice(0, 10);

describe('creating', () => {
  test('needs type and name only; the rest has defaults, and it is told', async () => {
    const { status, body } = await create({ user_id: 'usr_new' });
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.stringMatching(/^act_[0-9a-z]{26}$/), user_id: 'usr_new', type: 'habit', name: 'Drink water',
      schedule: { recurrence: null, starts_on: today(), window: null, due_at: null }, channels: [], priority: 0, reminders: { enabled: true, follow_up: true }, steps: [], status: 'active',
      today: { date: today(), scheduled: true, state: 'pending', channel: null, at: null, snoozed_until: null, steps: [] },
      streak: { current: 0, longest: 0 }, completion_rate_30d: null, version: 1, created_at: expect.any(String), updated_at: body.created_at,
    });
    await eventually(() => expect(ofUser('usr_new')).toMatchObject([{ event: 'activity.created', activity: { id: body.id, channel: 'api', version: 1 } }]));
    expect(await call('GET', `/v1/activities/${body.id}`)).toEqual({ status: 200, body });
  });

  test('keeps everything that is given', async () => {
    const given = {
      type: 'routine', name: 'Morning', channels: ['telegram', 'slack'], priority: 5, reminders: { enabled: true, follow_up: false }, steps: [{ id: 'stp_mine', name: 'Stretch' }, { name: 'Read' }],
      schedule: { recurrence: 'rrule:freq=weekly;byday=MO,we', starts_on: '2026-03-01', window: { start: '22:00', end: '01:30' } },
    };
    const { body } = await create(given);
    expect(body).toMatchObject({ ...given, schedule: { ...given.schedule, due_at: null }, steps: [{ id: 'stp_mine' }, { id: expect.stringMatching(/^stp_/), name: 'Read' }] });
    const task = await create({ type: 'task', schedule: { due_at: '2026-12-24T18:00:00+01:00' } });
    expect(task.body).toMatchObject({ schedule: { due_at: '2026-12-24T17:00:00Z' }, streak: null, completion_rate_30d: null });
  });

  test('under an id that is taken, by anybody of the workspace, is refused', async () => {
    await create({ id: 'act_mine' });
    expect(await create({ id: 'act_mine' })).toMatchObject({ status: 409, body: { code: 'already_exists' } });
  });

  test('under one id by many at once makes one', async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => create({ id: 'act_raced' })));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409, 409, 409, 409]);
  });

  test('beyond the limit of the plan is refused; the archive makes room, and restoring needs it', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 3; n++) ids.push((await create({ user_id: 'usr_full' })).body.id);
    expect(await create({ user_id: 'usr_full' })).toMatchObject({ status: 403, body: { code: 'plan_limit_reached' } });
    expect((await create({ user_id: 'usr_full', type: 'task' })).status).toBe(201);
    expect((await call('DELETE', `/v1/activities/${ids[0]}`)).status).toBe(204);
    expect((await create({ user_id: 'usr_full' })).status).toBe(201);
    expect(await call('POST', `/v1/activities/${ids[0]}/restore`)).toMatchObject({ status: 403, body: { code: 'plan_limit_reached' } });
    expect(await call('POST', `/v1/activities/${ids[0]}/restore`, { body: { status: 'active' } })).toMatchObject({ status: 400, body: { errors: [{ path: 'status' }] } });
  });

  test('a task that is done takes no place: restored, it needs none', async () => {
    const made = () => create({ user_id: 'usr_full_of_tasks', type: 'task' });
    const [{ body: done }, { body: open }] = [await made(), await made()];
    await call('POST', `/v1/activities/${done.id}/complete`);
    for (const { id } of [done, open]) await call('DELETE', `/v1/activities/${id}`);
    expect([(await made()).status, (await made()).status, (await made()).status]).toEqual([201, 201, 403]);
    expect(await call('POST', `/v1/activities/${open.id}/restore`)).toMatchObject({ status: 403, body: { code: 'plan_limit_reached' } });
    expect(await call('POST', `/v1/activities/${done.id}/restore`)).toMatchObject({ status: 200, body: { status: 'completed' } });
  });

  test('that is refused brings no user along', async () => {
    expect((await create({ id: 'act_mine', user_id: 'usr_never' })).status).toBe(409);
    expect(await call('GET', '/v1/activities/today?user_id=usr_never')).toMatchObject({ status: 404 });
  });

  test('with a user key is for its owner', async () => {
    expect(await create({}, { key: keys.user })).toMatchObject({ status: 201, body: { user_id: 'usr_owner' } });
    expect(await create({ user_id: 'usr_new' }, { key: keys.user })).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  });

  test.each<{ description: string; given: object; path: string }>([
    { description: 'no name', given: { name: '' }, path: 'name' },
    { description: 'a name that is too long', given: { name: 'x'.repeat(201) }, path: 'name' },
    { description: 'an unknown type', given: { type: 'chore' }, path: 'type' },
    { description: 'an unknown field', given: { colour: 'red' }, path: 'colour' },
    { description: 'an unknown field inside', given: { schedule: { every: 'day' } }, path: 'schedule.every' },
    { description: 'an id of another kind', given: { id: 'stp_1' }, path: 'id' },
    { description: 'a recurrence that is none', given: { schedule: { recurrence: 'every day' } }, path: 'schedule.recurrence' },
    { description: 'a recurrence finer than days', given: { schedule: { recurrence: 'RRULE:FREQ=HOURLY' } }, path: 'schedule.recurrence' },
    { description: 'a start that is no day', given: { schedule: { starts_on: '2026-02-30' } }, path: 'schedule.starts_on' },
    { description: 'a window of no length', given: { schedule: { window: { start: '08:00', end: '08:00' } } }, path: 'schedule.window.end' },
    { description: 'a window of no time', given: { schedule: { window: { start: '24:00', end: '08:00' } } }, path: 'schedule.window.start' },
    { description: 'a due date of a habit', given: { schedule: { due_at: '2026-12-24T18:00:00Z' } }, path: 'schedule.due_at' },
    { description: 'a due date without an offset', given: { type: 'task', schedule: { due_at: '2026-12-24T18:00:00' } }, path: 'schedule.due_at' },
    { description: 'a recurrence of a task', given: { type: 'task', schedule: { recurrence: 'FREQ=DAILY' } }, path: 'schedule.recurrence' },
    { description: 'steps of a habit', given: { steps: [{ name: 'Stretch' }] }, path: 'steps' },
    { description: 'two steps of one id', given: { type: 'routine', steps: [{ id: 'stp_1', name: 'a' }, { id: 'stp_1', name: 'b' }] }, path: 'steps' },
    { description: 'a priority that is no number', given: { priority: 'high' }, path: 'priority' },
    { description: 'a channel that cannot be kept', given: { channels: ['a\u0000'] }, path: 'channels.0' },
  ])('with $description is a 400 that names $path', async ({ given, path }) => {
    const answer = await create(given);
    expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed', errors: [{ path, message: expect.any(String) }] } });
  });
});

describe('a definition', () => {
  test('is changed in part, as a whole, and only from the version that one has seen', async () => {
    const { body } = await create({ user_id: 'usr_define', channels: ['telegram'], schedule: { window: { start: '07:30', end: '08:00' } } });
    const path = `/v1/activities/${body.id}`;
    const patched = await call('PATCH', path, { headers: { 'if-match': '"1"' }, body: { type: 'habit', name: 'Walk', schedule: { recurrence: 'FREQ=DAILY' } } });
    expect(patched).toMatchObject({ status: 200, body: { name: 'Walk', channels: ['telegram'], schedule: { recurrence: 'FREQ=DAILY', window: { start: '07:30' } }, version: 2 } });
    expect(await call('PUT', path, { headers: { 'if-match': '1' }, body: { name: 'Run' } })).toMatchObject({ status: 412, body: { code: 'version_mismatch' } });
    expect(await call('DELETE', path, { headers: { 'if-match': '"1"' } })).toMatchObject({ status: 412 });
    const put = await call('PUT', path, { headers: { 'if-match': '2' }, body: { id: body.id, user_id: 'usr_define', name: 'Run' } });
    expect(put).toMatchObject({ status: 200, body: { name: 'Run', channels: [], schedule: { recurrence: null, window: null, starts_on: body.schedule.starts_on }, version: 3 } });
    expect(await call('PATCH', path, { body: { name: 'Run' } })).toEqual(put);
    await eventually(() => expect(ofUser('usr_define').slice(1)).toMatchObject([
      { event: 'activity.updated', activity: { changed: ['name', 'schedule'], version: 2 } }, { event: 'activity.updated', activity: { changed: ['name', 'schedule', 'channels'], version: 3 } },
    ]));
  });

  test.each([
    { method: 'PATCH', body: { id: 'act_other' }, path: 'id' },
    { method: 'PATCH', body: { user_id: 'usr_other' }, path: 'user_id' },
    { method: 'PUT', body: { name: 'Run', type: 'task' }, path: 'type' },
    { method: 'PUT', body: {}, path: 'name' },
    { method: 'PATCH', body: { version: 7 }, path: 'version' },
    { method: 'PATCH', body: { schedule: { recurrence: 'FREQ=SECONDLY' } }, path: 'schedule.recurrence' },
    { method: 'PATCH', body: { schedule: { due_at: '2026-12-24T18:00:00Z' } }, path: 'schedule.due_at' },
    { method: 'PATCH', body: { steps: [{ name: 'Stretch' }] }, path: 'steps' },
    { method: 'PATCH', body: { name: null }, path: 'name' },
  ])('$method with $body is a 400 that names $path', async ({ method, body, path }) => {
    const { body: made } = await create();
    expect(await call(method, `/v1/activities/${made.id}`, { body })).toMatchObject({ status: 400, body: { code: 'validation_failed', errors: [{ path }] } });
    expect((await call('GET', `/v1/activities/${made.id}`)).body).toEqual(made);
  });

  test('is no way to another user: a user key that names one is refused, as everywhere', async () => {
    const { body: made } = await create({}, { key: keys.user });
    for (const [method, body] of [['PATCH', { user_id: 'usr_other' }], ['PUT', { name: 'Run', user_id: 'usr_other' }]] as const) {
      expect(await call(method, `/v1/activities/${made.id}`, { key: keys.user, body })).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    }
    expect(await call('PATCH', `/v1/activities/${made.id}`, { key: keys.user, body: { user_id: 'usr_owner', name: 'Run' } })).toMatchObject({ status: 200, body: { name: 'Run' } });
    expect((await call('DELETE', `/v1/activities/${made.id}`)).status).toBe(204);
  });

  test('that is archived is not changed, and comes back as it was', async () => {
    const { body } = await create({ user_id: 'usr_archive' });
    const path = `/v1/activities/${body.id}`;
    for (let n = 0; n < 2; n++) expect((await call('DELETE', path)).status).toBe(204);
    expect(await call('PATCH', path, { body: { name: 'Run' } })).toMatchObject({ status: 409, body: { code: 'activity_archived' } });
    expect(await call('POST', `${path}/complete`)).toMatchObject({ status: 409, body: { code: 'activity_archived' } });
    expect((await call('GET', '/v1/activities?user_id=usr_archive&status=archived')).body.data).toMatchObject([{ id: body.id, status: 'archived' }]);
    for (let n = 0; n < 2; n++) expect(await call('POST', `${path}/restore`)).toMatchObject({ status: 200, body: { status: 'active', version: 3 } });
    await eventually(() => expect(eventNames('usr_archive')).toEqual(['activity.created', 'activity.deleted', 'activity.updated']));
  });

  test('of somebody else is unknown to a user key, whatever one does with it', async () => {
    const { body } = await create();
    const path = `/v1/activities/${body.id}`;
    const tries = [['GET', path], ['PUT', path, { name: 'x' }], ['PATCH', path, {}], ['DELETE', path], ['POST', `${path}/restore`], ['POST', `${path}/complete`], ['POST', `${path}/steps/stp_1/skip`]] as const;
    for (const [method, url, given] of tries) expect([method, (await call(method, url, { key: keys.user, body: given })).status]).toEqual([method, 404]);
  });
});

describe('an action', () => {
  test('has the effects, the answer and the events of the inbound webhook', async () => {
    const { body } = await create({ user_id: 'usr_act', channels: ['telegram'] });
    const path = `/v1/activities/${body.id}`;
    const at = new Date(Date.now() - 1_000).toISOString().replace(/\.\d+Z/, 'Z');
    const done = await call('POST', `${path}/complete`, { body: { channel: 'slack', at } });
    expect(done).toMatchObject({
      status: 200,
      body: {
        status: 'processed', operation_id: expect.stringMatching(/^op_/), activities: null, events: [{ event: 'activity.completed' }],
        activity: { today: { state: 'done', channel: 'slack', at }, streak: { current: 1, longest: 1 }, completion_rate_30d: 1 },
      },
    });
    expect(await call('POST', `${path}/complete`, { body: { channel: 'slack', at } })).toEqual({ status: 200, body: { ...done.body, status: 'duplicate' } });
    expect(await call('POST', `${path}/complete`)).toMatchObject({ body: { status: 'unchanged', events: [] } });
    expect(await call('POST', `${path}/skip`)).toMatchObject({ status: 409, body: { code: 'invalid_transition' } });
    expect(await call('POST', `${path}/reopen`)).toMatchObject({ body: { status: 'processed', activity: { today: { state: 'pending', at: null } } } });
    expect(await call('POST', `${path}/snooze`, { body: { snooze_minutes: 1_440 } })).toMatchObject({ body: { activity: { today: { state: 'snoozed', snoozed_until: expect.any(String) } } } });
    expect(await call('GET', `/v1/operations/${done.body.operation_id}`)).toMatchObject({ status: 200, body: { kind: 'inbound', status: 'completed', result: { status_code: 200, body: done.body } } });
    await eventually(() => expect(ofUser('usr_act').slice(1)).toMatchObject([
      { event: 'activity.completed', timestamp: at, activity: { channel: 'slack', occurrence_date: at.slice(0, 10), streak: { current: 1, longest: 1 } } },
      { event: 'activity.reopened', activity: { channel: 'telegram', streak: { current: 0, longest: 0 } } },
      { event: 'activity.snoozed', activity: { snooze_minutes: 1_440 } },
    ]));
  });

  test('an operation without a row is pending, and unknown once it would be kept no longer', async () => {
    const ids = createOperationIds(stack.envOf('behavior-core')['OPERATION_SECRET']!);
    const acceptedAgo = (days: number, kind: 'inbound' | 'bulk') => ids.make({ workspaceId, userId: null }, 'core', Date.now() - days * 86_400_000, kind);
    const forgotten = { status: 404, body: { code: 'not_found', detail: expect.stringContaining('during 30 days') } };
    for (const kind of ['inbound', 'bulk'] as const) {
      expect(await call('GET', `/v1/operations/${acceptedAgo(29, kind)}`)).toMatchObject({ status: 200, body: { kind, status: 'pending' } });
      expect(await call('GET', `/v1/operations/${acceptedAgo(31, kind)}`)).toMatchObject(forgotten);
    }
    expect(await call('GET', `/v1/operations/${acceptedAgo(29, 'bulk')}/results`)).toMatchObject({ status: 200, body: { data: [] } });
    expect(await call('GET', `/v1/operations/${acceptedAgo(31, 'bulk')}/results`)).toMatchObject(forgotten);
  });

  test('runs a routine step by step', async () => {
    const { body } = await create({ user_id: 'usr_run', type: 'routine', name: 'Morning', steps: [{ id: 'stp_1', name: 'Stretch' }, { id: 'stp_2', name: 'Read' }] });
    const path = `/v1/activities/${body.id}`;
    expect(await call('POST', `${path}/activate`)).toMatchObject({ body: { status: 'processed', activity: { today: { steps: [{ id: 'stp_1', name: 'Stretch', state: 'pending' }, { state: 'pending' }] } } } });
    expect(await call('POST', `${path}/activate`)).toMatchObject({ body: { status: 'unchanged' } });
    expect(await call('POST', `${path}/steps/stp_other/complete`)).toMatchObject({ status: 404, body: { code: 'not_found' } });
    await call('POST', `${path}/steps/stp_1/complete`);
    expect(await call('POST', `${path}/steps/stp_2/skip`)).toMatchObject({ body: { activity: { today: { state: 'partial' } }, events: [{ event: 'routine.step_skipped' }, { event: 'routine.partial' }] } });
    expect(await call('POST', `${path}/steps/stp_2/complete`)).toMatchObject({ status: 409, body: { code: 'invalid_transition' } });
    expect(await call('POST', `${path}/complete`)).toMatchObject({ body: { activity: { today: { state: 'done' } }, events: [{ event: 'activity.completed' }] } });
    await eventually(() => expect(eventNames('usr_run').slice(1)).toEqual(['routine.activated', 'routine.step_completed', 'routine.step_skipped', 'routine.partial', 'activity.completed']));
  });

  test('on a day without an occurrence: completing is recorded and leaves the streak alone, the rest is refused', async () => {
    const weekday = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'][new Date('2026-03-29').getUTCDay()]!;
    const { body } = await create({ schedule: { recurrence: `FREQ=WEEKLY;BYDAY=${weekday}`, starts_on: '2026-03-01' } });
    const at = '2026-03-28T12:00:00Z';
    for (const action of ['skip', 'reopen']) expect(await call('POST', `/v1/activities/${body.id}/${action}`, { body: { at } })).toMatchObject({ status: 409 });
    expect(await call('POST', `/v1/activities/${body.id}/complete`, { body: { at } })).toMatchObject({ body: { status: 'processed', activity: { streak: { current: 0, longest: 0 } } } });
  });

  test.each<{ action: string; body: object; path: string }>([
    { action: 'complete', body: { snooze_minutes: 5 }, path: 'snooze_minutes' },
    { action: 'complete', body: { at: '2999-01-01T00:00:00Z' }, path: 'at' },
    { action: 'complete', body: { at: '2026-03-28T08:00:00' }, path: 'at' },
    { action: 'complete', body: { at: '0001-01-01T00:00:00Z' }, path: 'at' },
    { action: 'snooze', body: {}, path: 'snooze_minutes' },
    { action: 'snooze', body: { snooze_minutes: 1_441 }, path: 'snooze_minutes' },
    { action: 'snooze', body: { until: '2020-01-01T00:00:00Z' }, path: 'until' },
  ])('$action with $body is a 400 that names $path', async ({ action, body, path }) => {
    const { body: made } = await create();
    expect(await call('POST', `/v1/activities/${made.id}/${action}`, { body })).toMatchObject({ status: 400, body: { code: 'validation_failed', errors: [{ path }] } });
  });

  test('with an Idempotency-Key is done once, word for word', async () => {
    const { body } = await create({ user_id: 'usr_key' });
    const press = () => call('POST', `/v1/activities/${body.id}/complete`, { headers: { 'idempotency-key': 'button-1' } });
    const first = await press();
    expect(first).toMatchObject({ status: 200, body: { status: 'processed' } });
    expect(await press()).toEqual(first);
    await eventually(() => expect(eventNames('usr_key')).toEqual(['activity.created', 'activity.completed']));
  });

  test('whatever is done to an activity by its id is done for the user whom X-Buffy-User-ID names, or nobody knows of it', async () => {
    const { body: made } = await create({ user_id: 'usr_named', type: 'routine', name: 'Morning', steps: [{ id: 'stp_named', name: 'Stretch' }] });
    const path = `/v1/activities/${made.id}`;
    const requests: [string, string, object?][] = [
      ['GET', ''], ['PUT', '', { name: 'Evening', steps: made.steps.map(({ id, name }: { id: string; name: string }) => ({ id, name })) }], ['PATCH', '', { priority: 2 }], ['POST', '/activate'], ['POST', '/complete'], ['POST', '/reopen'], ['POST', '/snooze', { snooze_minutes: 5 }],
      ['POST', '/skip'], ['POST', '/steps/stp_named/complete'], ['POST', '/steps/stp_named/skip'], ['DELETE', ''], ['POST', '/restore'],
    ];
    const as = (userId: string, [method, rest, body]: [string, string, object?]) => call(method, path + rest, { body, headers: { 'x-buffy-user-id': userId } });
    for (const request of requests) expect([request, await as('usr_other', request)]).toMatchObject([request, { status: 404, body: { code: 'not_found' } }]);
    expect((await call('GET', path)).body).toEqual(made);
    for (const request of requests) expect([request, (await as('usr_named', request)).body?.code]).not.toEqual([request, 'not_found']);
    expect(await as('usr other', ['GET', ''])).toMatchObject({ status: 400, body: { code: 'validation_failed', errors: [{ path: 'X-Buffy-User-ID' }] } });
  });

  test('pressed by many at once is done once', async () => {
    const { body } = await create({ user_id: 'usr_many' });
    const answers = await Promise.all(Array.from({ length: 8 }, () => call('POST', `/v1/activities/${body.id}/complete`)));
    const statuses = answers.map((answer) => String(answer.body.status));
    expect(statuses.filter((status) => status === 'processed')).toHaveLength(1);
    expect(statuses.filter((status) => status === 'unchanged')).toHaveLength(7);
  });
});

describe('another zone', () => {
  test('ends the day that is over there, once, and leaves past occurrences where they are', async () => {
    const zone = (timezone: string) => call('PUT', '/v1/users/usr_moves/settings', { body: { timezone } });
    await zone('Pacific/Pago_Pago');
    const { body } = await create({ user_id: 'usr_moves' });
    const { date } = body.today;
    // A day ahead at any hour: 24 hours.
    await zone('Pacific/Tongatapu');
    const misses = () => ofUser('usr_moves').filter(({ event, activity }) => event === 'activity.missed' && activity.occurrence_date === date);
    await eventually(() => expect(misses()).toHaveLength(1));
    await zone('Pacific/Pago_Pago');
    expect((await call('GET', `/v1/activities/${body.id}`)).body.today).toMatchObject({ date, state: 'missed' });
    expect(await call('POST', `/v1/activities/${body.id}/snooze`, { body: { snooze_minutes: 5 } })).toMatchObject({ status: 409 });
    expect(await call('POST', `/v1/activities/${body.id}/complete`)).toMatchObject({ body: { activity: { today: { date, state: 'done' }, streak: { current: 1 } } } });
    await zone('Pacific/Tongatapu');
    expect(misses()).toHaveLength(1);
  });
});

describe('lists', () => {
  test('are filtered by user, type and status, and told in pages', async () => {
    for (const given of [{ name: 'a' }, { name: 'b', type: 'task' }, { name: 'c', type: 'routine' }]) await create({ user_id: 'usr_list', ...given });
    const names = async (query: string) => (await call('GET', `/v1/activities?user_id=usr_list${query}`)).body.data.map(({ name }: { name: string }) => name);
    expect(await names('')).toEqual(['a', 'b', 'c']);
    expect(await names('&type=task')).toEqual(['b']);
    const { body: [task] } = { body: (await call('GET', '/v1/activities?user_id=usr_list&type=task')).body.data };
    await call('POST', `/v1/activities/${task.id}/complete`);
    expect(await names('&status=completed')).toEqual(['b']);
    expect(await names('&status=active')).toEqual(['a', 'c']);
    await call('POST', `/v1/activities/${task.id}/reopen`);
    expect(await names('&status=active')).toEqual(['a', 'b', 'c']);
    const page = await call('GET', '/v1/activities?user_id=usr_list&limit=2');
    expect(page.body).toMatchObject({ has_more: true, next_cursor: expect.any(String) });
    expect(await names(`&limit=2&cursor=${page.body.next_cursor}`)).toEqual(['c']);
    for (const query of ['&status=gone', '&colour=red', `&type=task&cursor=${page.body.next_cursor}`]) expect((await call('GET', `/v1/activities?user_id=usr_list${query}`)).status).toBe(400);
  });

  test("the day's briefing puts each activity where it belongs", async () => {
    await create({ user_id: 'usr_day', name: 'due' });
    await create({ user_id: 'usr_day', name: 'late', type: 'task', schedule: { due_at: '2026-01-01T00:00:00Z' } });
    const { body: done } = await create({ user_id: 'usr_day', name: 'done' });
    await call('POST', `/v1/activities/${done.id}/complete`);
    const { body: snoozed } = await create({ user_id: 'usr_day', name: 'snoozed', type: 'task' });
    await call('POST', `/v1/activities/${snoozed.id}/snooze`, { body: { snooze_minutes: 10 } });
    const { status, body } = await call('GET', '/v1/activities/today?user_id=usr_day');
    expect(status).toBe(200);
    const { date, user_id: userId, ...sections } = body;
    expect([date, userId]).toEqual([today(), 'usr_day']);
    const only = (name: string) => [expect.objectContaining({ name })];
    expect(sections).toEqual({ in_window: [], later: only('snoozed'), due: only('due'), overdue: only('late'), done: only('done') });
    expect((await call('GET', '/v1/activities/today', { key: keys.user })).body.user_id).toBe('usr_owner');
    expect((await call('GET', '/v1/activities/today')).status).toBe(400);
    expect((await call('GET', '/v1/activities/today?user_id=usr_day', { key: keys.user })).status).toBe(403);
  });
});

import { describe, expect, test } from '@jest/globals';
import { activityCreation, type OccurrenceBody } from '@waggle/contracts';
import fc from 'fast-check';
import { about, aState, aUser, anActivity, anInstruction, aRoutine, LIMITS } from '../../../test/builders.ts';
import { newOccurrence } from '../activities/activity.ts';
import { loadedActivity, record } from '../activities/loaded-activity.ts';
import type { BatchState } from './batch-state.ts';
import { decideBatch } from './decide-batch.ts';
import type { Instruction } from './instruction.ts';

const NOW = '2026-03-28T09:00:00Z';
const berlin = anActivity({ timezone: 'Europe/Berlin', channels: [] });
const decide = (instructions: readonly Instruction[], state: BatchState, limits = LIMITS) => decideBatch(instructions, state, { now: NOW, limits });
const given = (...activities: Parameters<typeof loadedActivity>[0][]) => aState(activities.map((activity) => loadedActivity(activity)));
const completed = (timestamp = '2026-03-28T08:12:44Z') => anInstruction(about('activity.completed', timestamp));
const outcomes = ({ verdicts }: ReturnType<typeof decide>) => verdicts.map((verdict) => (verdict.outcome === 'refused' ? verdict.refusal.code : verdict.outcome));

test('the same command twice in one batch is done once, and the second answer is the first marked duplicate', () => {
  const command = completed();
  const { verdicts, events } = decide([command, { ...command, operationId: 'op_other' }], given(berlin));
  expect(verdicts.map(({ outcome }) => outcome)).toEqual(['processed', 'duplicate']);
  const [first, second] = verdicts;
  expect(second).toEqual({ outcome: 'duplicate', answer: { ...(first?.outcome === 'processed' && first.answer), status: 'duplicate' } });
  expect(events).toHaveLength(1);
});

test("who repeats an item of a bulk by itself is shown the activity, once and for all; another item is not", () => {
  const item = { ...completed(), isBulk: true };
  const { answers } = decide([item], given(berlin));
  const kept = answers.get(item.id)?.result;
  expect(kept).toMatchObject({ status: 'processed', operation_id: item.operationId, activity: null, events: [{ event: 'activity.completed' }] });

  const repeats = [{ ...item, operationId: 'op_bulk' }, { ...item, isBulk: false, operationId: 'op_single' }, { ...item, isBulk: false, operationId: 'op_again' }];
  const { verdicts, completedAnswers } = decide(repeats, aState([loadedActivity(berlin)], { answers }));
  const shown = { ...kept, activity: { id: 'act_0' } };
  expect(verdicts).toMatchObject([
    { outcome: 'duplicate', answer: { activity: null } },
    { outcome: 'duplicate', answer: { ...shown, status: 'duplicate' } },
    { outcome: 'duplicate', answer: { ...shown, status: 'duplicate' } },
  ]);
  expect([...completedAnswers]).toMatchObject([[item.id, { result: { ...shown, status: 'processed' } }]]);
});

test("the day is the user's: 23:30 UTC belongs to the next day in Berlin", () => {
  const { verdicts, events } = decide([completed('2026-03-27T23:30:00Z')], given(berlin));
  expect(verdicts[0]).toMatchObject({ answer: { activity: { today: { date: '2026-03-28', state: 'done' } } } });
  expect(events).toMatchObject([{ activity: { occurrence_date: '2026-03-28', streak: { current: 1, longest: 1 } } }]);
});

test('a backdated completion leaves today as it is and ends in the streak it deserves', () => {
  const { verdicts, events } = decide([completed('2026-03-20T12:00:00Z')], given(berlin));
  expect(verdicts[0]).toMatchObject({ answer: { status: 'processed', activity: { today: { date: '2026-03-28', state: 'pending' } } } });
  expect(events).toMatchObject([{ timestamp: '2026-03-20T12:00:00Z', activity: { streak: { current: 0, longest: 1 } } }]);
});

test('a task has one occurrence, whatever the day, and is completed by it and active again when reopened', () => {
  const commands = [completed('2026-03-20T12:00:00Z'), completed('2026-03-21T12:00:00Z'), anInstruction(about('activity.reopened', '2026-03-22T12:00:00Z'))];
  const { verdicts, events } = decide(commands, given({ ...berlin, type: 'task' }));
  expect(verdicts.map(({ outcome }) => outcome)).toEqual(['processed', 'unchanged', 'processed']);
  expect(verdicts).toMatchObject([
    { answer: { activity: { status: 'completed', streak: null, completion_rate_30d: null } } }, {}, { answer: { activity: { status: 'active', today: { state: 'pending' } } } },
  ]);
  expect(events).toMatchObject([{ activity: { type: 'task', occurrence_date: '2026-03-20', streak: null } }, { event: 'activity.reopened', activity: { occurrence_date: '2026-03-22' } }]);
});

test("another workspace's or user's activity does not exist, and leaves no answer behind", () => {
  const body = about('activity.completed', NOW);
  const foreign = [anInstruction(body, { workspaceId: 'ws_other' }), anInstruction({ ...body, user_id: 'usr_1' })];
  const { verdicts, answers } = decide(foreign, given(berlin));
  expect(verdicts).toMatchObject([{ refusal: { code: 'not_found' } }, { refusal: { code: 'not_found' } }]);
  expect(answers.size).toBe(0);
});

test('skipping what is done is refused, and may be asked again after it was undone', () => {
  const skip = anInstruction(about('activity.skipped', '2026-03-28T08:20:00Z'));
  const changes = decide([completed(), skip, anInstruction(about('activity.reopened', '2026-03-28T08:30:00Z')), skip], given(berlin));
  expect(outcomes(changes)).toEqual(['processed', 'invalid_transition', 'processed', 'processed']);
});

test('a snooze moves on from its timestamp, and says so in the event', () => {
  const until = anInstruction(about('activity.snoozed', '2026-03-28T08:50:00Z', { until: '2026-03-28T11:20:30+01:00', channel: 'slack' }));
  const minutes = anInstruction(about('activity.snoozed', '2026-03-28T08:50:00Z', { snooze_minutes: 30 }));
  const { verdicts, events } = decide([until, minutes], given(berlin));
  expect(verdicts).toMatchObject([
    { answer: { activity: { today: { state: 'snoozed', channel: 'slack', snoozed_until: '2026-03-28T10:20:30Z' } } } }, { answer: { activity: { today: { snoozed_until: '2026-03-28T09:20:00Z' } } } },
  ]);
  expect(events).toMatchObject([
    { event: 'activity.snoozed', activity: { channel: 'slack', snoozed_until: '2026-03-28T10:20:30Z', snooze_minutes: 91 } }, { activity: { channel: 'api', snoozed_until: '2026-03-28T09:20:00Z', snooze_minutes: 30 } },
  ]);
});

test('a snooze that is over reads as pending, without an event', () => {
  const { verdicts, events } = decide([anInstruction(about('activity.snoozed', '2026-03-28T08:00:00Z', { snooze_minutes: 30 })), anInstruction(about('activity.reopened', '2026-03-28T08:45:00Z'))], given(berlin));
  expect(verdicts).toMatchObject([{ answer: { activity: { today: { state: 'pending', channel: null, at: null, snoozed_until: null } } } }, { outcome: 'unchanged' }]);
  expect(events).toHaveLength(1);
});

test('a day that ended open is missed, judged or not: late skipping and completing work, snoozing does not', () => {
  const late = (event: OccurrenceBody['event'], more = {}) => anInstruction(about(event, '2026-03-27T20:00:00Z', more));
  expect(outcomes(decide([late('activity.snoozed', { snooze_minutes: 60 }), late('activity.reopened'), late('activity.skipped'), late('activity.completed')], given(berlin)))).toEqual([
    'invalid_transition', 'unchanged', 'processed', 'processed',
  ]);
});

test('what is reopened after its day is up for the sweeper', () => {
  const state = given(berlin);
  const { sweeps } = decide([completed('2026-03-27T12:00:00Z'), anInstruction(about('activity.reopened', '2026-03-27T13:00:00Z'))], state);
  expect([...sweeps]).toEqual([['ws_demo:usr_0', Date.parse(NOW)]]);
});

test('a routine tells its steps before it closes, and is shown with them', () => {
  const step = (event: OccurrenceBody['event'], id: string) => anInstruction(about(event, '2026-03-28T08:12:44Z', { step_id: id }));
  const { verdicts, events } = decide([anInstruction(about('routine.activated', '2026-03-28T08:12:44Z')), step('routine.step_completed', 'stp_1'), step('routine.step_skipped', 'stp_2')], given(aRoutine()));
  expect(events.map(({ event }) => event)).toEqual(['routine.activated', 'routine.step_completed', 'routine.step_skipped', 'routine.partial']);
  expect(events[1]).toMatchObject({ routine: { id: 'act_0', type: 'routine', name: 'Morning', channel: 'telegram', occurrence_date: '2026-03-28', step_id: 'stp_1', steps: [{ state: 'done' }, { state: 'pending' }] } });
  expect(events[3]).toMatchObject({ routine: { steps: [{ id: 'stp_1', name: 'Stretch', state: 'done' }, { id: 'stp_2', name: 'Read', state: 'skipped' }] } });
  expect(verdicts[2]).toMatchObject({ answer: { activity: { today: { state: 'partial', steps: [{ state: 'done' }, { state: 'skipped' }] } }, events: [{ event: 'routine.step_skipped' }, { event: 'routine.partial' }] } });
  expect(new Set(events.map(({ id }) => id)).size).toBe(4);
});

describe('with an Idempotency-Key', () => {
  const keyed = { id: 'cmd_key', digest: 'a' };

  test('the first answer comes again word for word, a refusal too', () => {
    for (const body of [about('activity.completed', NOW), about('activity.completed', NOW, { activity_id: 'act_unknown' })]) {
      const { verdicts } = decide([anInstruction(body, keyed), anInstruction(body, keyed)], given(berlin));
      const [first, second] = verdicts;
      expect(second).toEqual({ outcome: 'replayed', result: first?.outcome === 'refused' ? first.refusal : first?.outcome === 'processed' ? first.answer : null });
    }
  });

  test('another body under the same key is refused', () => {
    expect(outcomes(decide([anInstruction(about('activity.completed', NOW), keyed), anInstruction(about('activity.skipped', NOW), { ...keyed, digest: 'b' })], given(berlin)))).toEqual(['processed', 'idempotency_key_reused']);
  });
});

describe('an onboarding', () => {
  const creation = (more: object) => activityCreation.parse({ type: 'habit', name: 'Read', ...more });
  const onboarding = (more: object, ids: Partial<Instruction> = {}) => anInstruction({ event: 'onboarding.completed' as const, user_id: 'usr_0', timestamp: '2026-03-28T08:12:44Z', ...more }, ids);
  const morning = [creation({ id: 'act_ignored' }), creation({ type: 'routine', name: 'Morning', steps: [{ name: 'Stretch' }] })];
  const withTemplate = () => aState([], { templates: new Map([['ws_demo:morning', morning]]) });

  test('makes a list of activities, each with an event of the time of the decision', () => {
    const { verdicts, activities, events, users, sweeps } = decide([onboarding({ activities: [creation({ id: 'act_mine' }), creation({})] })], aState([]));
    expect(verdicts[0]).toMatchObject({ answer: { status: 'processed', activity: null, activities: [{ id: 'act_mine' }, { name: 'Read' }], events: [{ event: 'activity.created' }, { event: 'activity.created' }] } });
    expect(activities).toMatchObject([{ id: 'act_mine', version: 1, startsOn: '2026-03-28' }, { userId: 'usr_0' }]);
    expect(events).toMatchObject([{ timestamp: NOW, activity: { id: 'act_mine', version: 1 } }, {}]);
    expect([...users]).toEqual(['ws_demo:usr_0']);
    expect([...sweeps]).toEqual([['ws_demo:usr_0', Date.parse('2026-03-29T00:00:00Z')]]);
  });

  test('by a template gives each user activities of their own, once', () => {
    const changes = decide([onboarding({ template: 'morning' }), onboarding({ template: 'morning' })], withTemplate());
    expect(outcomes(changes)).toEqual(['processed', 'unchanged']);
    expect(changes.activities.map(({ id }) => id)).not.toContain('act_ignored');
    expect(changes.activities[1]!.steps).toEqual([{ id: expect.stringMatching(/^stp_/), name: 'Stretch' }]);
    expect(changes.applied).toEqual([{ workspaceId: 'ws_demo', userId: 'usr_0', name: 'morning' }]);
    expect(changes.verdicts[1]).toMatchObject({ answer: { status: 'unchanged', activities: [], events: [] } });
  });

  test('decided again makes the same ids', () => {
    const ids = { id: 'cmd_1', operationId: 'op_1' };
    const once = () => decide([onboarding({ template: 'morning' }, ids)], withTemplate());
    expect(once().activities).toEqual(once().activities);
    expect(once().events).toEqual(once().events);
  });

  test.each([
    { description: 'an unknown template', body: { template: 'evening' }, code: 'template_not_found' },
    { description: 'an id that is taken', body: { activities: [creation({}), creation({ id: 'act_0' })] }, code: 'already_exists' },
    { description: 'an id that is there twice', body: { activities: [creation({ id: 'act_1' }), creation({ id: 'act_1' })] }, code: 'already_exists' },
    { description: 'a recurrence that is none', body: { activities: [creation({}), creation({ schedule: { recurrence: 'FREQ=HOURLY' } })] }, code: 'validation_failed' },
    { description: 'more than the plan allows', body: { activities: [creation({}), creation({}), creation({})] }, code: 'plan_limit_reached' },
  ])('with $description makes nothing at all', ({ body, code }) => {
    const changes = decide([onboarding(body)], given(anActivity()), { ...LIMITS, habit: 2 });
    expect(outcomes(changes)).toEqual([code]);
    expect(changes).toMatchObject({ activities: [], events: [], applied: [] });
    expect(changes.users.size).toBe(0);
  });

  test('of a user whom nobody knows and who may not be made is refused', () => {
    expect(outcomes(decide([onboarding({ activities: [creation({})] })], aState([], { users: new Map() })))).toEqual(['not_found']);
  });

  test('counts what the user has, and what the batch makes', () => {
    const users = new Map([['ws_demo:usr_0', aUser({ active: { habit: 24, task: 0, routine: 0 } })]]);
    const create = () => anInstruction({ event: 'activity.create' as const, user_id: 'usr_0', activity: creation({}) });
    expect(outcomes(decide([create(), create()], aState([], { users })))).toEqual(['processed', 'plan_limit_reached']);
  });
});

test('what was created in a batch can be completed in it', () => {
  const activity = activityCreation.parse({ id: 'act_0', type: 'habit', name: 'Read' });
  const changes = decide([anInstruction({ event: 'activity.create' as const, user_id: 'usr_0', activity }), completed()], aState([]));
  expect(outcomes(changes)).toEqual(['processed', 'processed']);
  expect(changes.verdicts[0]).toMatchObject({ answer: { activity: { id: 'act_0', today: { state: 'pending' } }, activities: null } });
});

test('however commands are repeated and cut into batches, the effects are the same', () => {
  const commands = ['2026-03-01', '2026-03-02', '2026-03-03'].map((day) => anInstruction(about('activity.completed', `${day}T12:00:00Z`)));
  const stream = fc.array(fc.constantFrom(...commands), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(stream, fc.integer({ min: 1, max: 20 }), (delivered, cut) => {
      const fresh = delivered.map((command, index) => ({ ...command, operationId: `op_${index}` }));
      const whole = decide(fresh, given(berlin));
      const kept = given(berlin);
      const first = decide(fresh.slice(0, cut), kept);
      const second = decide(fresh.slice(cut), { ...kept, answers: first.answers });
      expect([...first.events, ...second.events]).toEqual(whole.events);
      expect([...first.verdicts, ...second.verdicts]).toEqual(whole.verdicts);
      expect(whole.events).toHaveLength(new Set(delivered).size);
    }),
  );
});

test('a redelivered request has the verdict it had', () => {
  const command = completed();
  const decided = { outcome: 'refused' as const, refusal: { status: 'refused' as const, code: 'internal' as const, detail: '' } };
  const loaded = loadedActivity(berlin);
  record(loaded, newOccurrence('2026-03-28'));
  expect(decide([command], aState([loaded], { operations: new Map([[command.operationId, decided]]) })).verdicts).toEqual([decided]);
});

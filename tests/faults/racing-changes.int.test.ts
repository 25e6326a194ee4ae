import { behaviorEvent, type BehaviorEvent } from '@waggle/contracts';
import { callApi, eventually, startInstance, useStack, type ApiAnswer, type Instance } from '@waggle/testkit';
import { beforeAll, expect, test } from '@jest/globals';
import { replay, seenIn, seenOn, type Snapshot } from './naive-habit.ts';
import { expectLogInOrder, expectOrderPerUser } from './reconcile.ts';

const stack = useStack();
const events = stack.collect(behaviorEvent.topic);
const deadLetters = stack.collect('private.behavior-core.dead-letter.v1');
let cores: Instance[];
let systemKey: string;

const USERS = [0, 1, 2];
const ROUNDS = 25;
// The users live where it is about noon: no day ends meanwhile.
const startedAt = Date.now();
const offset = 12 - new Date(startedAt).getUTCHours();
const timezone = offset >= 0 ? `Etc/GMT-${offset}` : `Etc/GMT+${-offset}`;
const localDate = (at: string) => new Date(Date.parse(at) + offset * 3_600_000).toISOString().slice(0, 10);
const today = localDate(new Date(startedAt).toISOString());

let asked = 0;
/** Every request has an instant of its own, so that none is the repeat of another. */
const at = (daysBack: number) => new Date(startedAt - daysBack * 86_400_000 - 10 * ++asked).toISOString().replace('.000Z', 'Z');

beforeAll(async () => {
  const start = () => startInstance(stack, 'behavior-core', { API_LIMIT_PER_MINUTE: '100000' });
  cores = [await start(), await start()];
  const internalUrls = cores.map(({ internalUrl }) => internalUrl).join(',');
  await Promise.all([stack.start('ingress', { INBOUND_LIMIT: '100000', INBOUND_WAIT_MS: '10000', CORE_INTERNAL_URLS: internalUrls }), stack.start('event-log')]);
  ({ systemKey } = await stack.createWorkspace());
  for (const user of USERS) {
    expect((await core('PUT', `/v1/users/usr_${user}/settings`, { timezone })).status).toBe(200);
    for (const number of [0, 1]) {
      const body = { id: `act_${user}_${number}`, user_id: `usr_${user}`, type: 'habit', name: 'Drink water', schedule: { starts_on: localDate(at(30)) } };
      expect((await core('POST', '/v1/activities', body)).status).toBe(201);
    }
  }
}, 60_000);

let turn = 0;

/** One of the two cores after the other. */
const core = (method: string, path: string, body?: object, headers = {}) => callApi(method, `${cores[turn++ % 2]!.url}${path}`, { key: systemKey, body, headers });
const inbound = (body: object) => callApi('POST', `${stack.urlOf('ingress')}/v1/webhooks/inbound`, { key: systemKey, body });

interface Answered {
  habit: string;
  what: string;
  answer: ApiAnswer;
}

/** By Kafka and by HTTP at both cores, all at once: today is done, skipped and undone, days before are done or skipped, the name changes. */
async function race(user: number, round: number): Promise<Answered[]> {
  const habit = `act_${user}_${round % 2}`;
  const { body: { version } } = await core('GET', `/v1/activities/${habit}`);
  const byKafka = (event: string, daysBack = 0) => inbound({ event: `activity.${event}`, activity_id: habit, user_id: `usr_${user}`, timestamp: at(daysBack) });
  const byHttp = (action: string, daysBack = 0) => core('POST', `/v1/activities/${habit}/${action}`, { at: at(daysBack) });
  const back = 1 + (round % 5);
  const requests = {
    'kafka completed': byKafka('completed'), 'kafka skipped': byKafka('skipped'), 'kafka reopened': byKafka('reopened'), 'kafka completed back': byKafka('completed', back),
    'http complete': byHttp('complete'), 'http skip': byHttp('skip'), 'http reopen': byHttp('reopen'), 'http skip back': byHttp('skip', back),
    ...twice(habit, `${habit} ${round}`), ...rename(habit, round, version),
  };
  return Promise.all(Object.entries(requests).map(async ([what, request]) => ({ habit, what, answer: await request })));
}

/** The same request twice at once. */
function twice(habit: string, key: string) {
  const body = { at: at(0) };
  const send = () => core('POST', `/v1/activities/${habit}/reopen`, body, { 'idempotency-key': key });
  return { 'keyed reopen': send(), 'keyed reopen again': send() };
}

/** Two that have seen the same version. */
function rename(habit: string, round: number, version: number) {
  const send = (by: string) => core('PATCH', `/v1/activities/${habit}`, { name: `Water ${round} ${by}` }, { 'if-match': `"${version}"` });
  return { 'patch one': send('one'), 'patch other': send('other') };
}

async function play(): Promise<Answered[]> {
  const all: Answered[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const answers of await Promise.all(USERS.map((user) => race(user, round)))) {
      expectOneWinner(answers);
      all.push(...answers.filter(({ answer }) => !answer.headers.has('idempotent-replayed')));
    }
  }
  return all;
}

/** Of two with one version, and of two with one key. */
function expectOneWinner(answers: readonly Answered[]) {
  const of = (start: string) => answers.filter(({ what }) => what.startsWith(start)).map(({ answer }) => answer);
  expect(of('patch').map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 412]);
  const [done, ...others] = of('keyed').filter(({ status }) => status === 200);
  for (const other of others) expect(other.body).toEqual(done!.body);
  expect(of('keyed').filter(({ headers, status }) => status === 200 && !headers.has('idempotent-replayed'))).toHaveLength(1);
}

/** In the order of their numbers, each once. */
async function eventsOfHabits(): Promise<Map<string, BehaviorEvent[]>> {
  const { rows: [{ latest }] } = await stack.db('behavior-core').query('SELECT sum(event_sequence)::int AS latest FROM users');
  const distinct = () => [...new Map(events.map((record) => [record.headers['ce_id'], record])).values()];
  await eventually(() => expect(distinct()).toHaveLength(latest));
  const inOrder = distinct().toSorted((a, b) => Number(a.headers['ce_sequence']) - Number(b.headers['ce_sequence']));
  return Map.groupBy(inOrder.map(({ value }): BehaviorEvent => behaviorEvent.data.parse(JSON.parse(value))), (event) => ('activity' in event ? event.activity.id : ''));
}

async function storedHabits() {
  const db = stack.db('behavior-core');
  const { rows: activities } = await db.query('SELECT id, name, version FROM activities ORDER BY id');
  const { rows: occurrences } = await db.query('SELECT activity_id, local_date::text AS date, state, at FROM occurrences');
  return activities.map(({ id, ...definition }) => {
    const days = occurrences.filter(({ activity_id }) => activity_id === id).map(({ date, state, at: when }) => [date, { state, at: when }]);
    return { id, ...definition, days: Object.fromEntries(days) };
  });
}

/** What an answer shows is what its own events have led to; one without events shows some state that there was. */
function expectAnswersAgree(answers: readonly Answered[], snapshotsOf: ReadonlyMap<string, Snapshot[]>, numberOf: ReadonlyMap<string, number>) {
  for (const { habit, what, answer: { status, body } } of answers) {
    const snapshots = snapshotsOf.get(habit)!;
    const seen = snapshots.map((snapshot) => seenOn(today, snapshot));
    if (status === 200 && what.startsWith('patch')) expect(seen).toContainEqual(seenIn(body));
    else if (status === 200 && body.status === 'processed') expect({ what, ...seenIn(body.activity) }).toEqual({ what, ...seen[numberOf.get(body.events[0].id)!] });
    else if (status === 200) expect(seen).toContainEqual(seenIn(body.activity));
    else if (what.startsWith('patch')) expect([status, body.code]).toEqual([412, 'version_mismatch']);
    else if (what.startsWith('keyed')) expect([status, body.code]).toEqual([409, 'idempotency_in_progress']);
    else expect([what.includes('skip'), status, body.code]).toEqual([true, 409, 'invalid_transition']);
  }
}

test('changes of one user by HTTP at two cores and by Kafka have one order, and state, events, log and answers all tell it', async () => {
  const answers = await play();
  const ofHabits = await eventsOfHabits();
  const snapshotsOf = new Map([...ofHabits].map(([habit, its]) => [habit, replay(its, { today, localDate })]));
  for (const { id, ...stored } of await storedHabits()) {
    const { name, version, days } = snapshotsOf.get(id)!.at(-1)!;
    expect(stored).toEqual({ name, version, days });
  }
  expect(snapshotsOf.size).toBe(2 * USERS.length);

  const numberOf = new Map([...ofHabits.values()].flatMap((its) => its.map(({ id }, index) => [id, index] as const)));
  expectAnswersAgree(answers, snapshotsOf, numberOf);
  // No event without an answer that tells it, and no answer's event that is not there.
  const told = answers.flatMap(({ answer: { body } }) => (body.status === 'processed' ? body.events.map(({ id }: { id: string }) => id) : []));
  const moved = [...ofHabits.values()].flat().filter(({ event }) => event !== 'activity.created' && event !== 'activity.updated').map(({ id }) => id);
  expect(new Set(told)).toEqual(new Set(moved));
  expect(told).toHaveLength(moved.length);
  // It was a race: all three made of today what they wanted, now and then.
  expect(new Set(answers.filter(({ answer }) => answer.body.status === 'processed').map(({ what }) => what)).size).toBeGreaterThanOrEqual(8);

  expectOrderPerUser(events);
  await expectLogInOrder(stack);
  expect(deadLetters).toEqual([]);
}, 120_000);

import { eventually, type Collected, type Stack } from '@waggle/testkit';
import { expect } from '@jest/globals';
import { isAcknowledged, type Sent } from './load.ts';

const count = async (stack: Stack, owner: 'behavior-core' | 'event-log', from: string) =>
  Number((await stack.db(owner).query(`SELECT count(*) FROM ${from}`)).rows[0].count);

/**
 * Acknowledged is applied, once: state, its event, its entry in the log agree, and nothing was set aside. What was refused with a 503 may
 * have taken effect too, at most once.
 */
export async function expectAgreement(stack: Stack, sent: readonly Sent[], { events, deadLetters }: { events: readonly Collected[]; deadLetters: readonly Collected[] }) {
  const patience = { timeoutMs: 40_000 };
  const identity = ({ user, timestamp }: Sent) => `usr_${user} ${timestamp}`;
  const done = async () => {
    const { rows } = await stack.db('behavior-core').query("SELECT activity_id, at FROM occurrences WHERE state = 'done'");
    return rows.map(({ activity_id, at }) => `${String(activity_id).replace('act_', 'usr_')} ${at}`);
  };
  await eventually(async () => {
    const missing = new Set(sent.filter(isAcknowledged).map(identity)).difference(new Set(await done()));
    expect([...missing]).toEqual([]);
  }, patience);
  await eventually(async () => expect(await count(stack, 'behavior-core', 'outbox')).toBe(0), patience);

  const states = await done();
  const happened = () => {
    const completed = events.map(({ value }) => JSON.parse(value)).filter(({ event }) => event === 'activity.completed');
    return [...new Map(completed.map((event) => [event.id, event])).values()].map(({ user_id, timestamp }) => `${user_id} ${timestamp}`);
  };
  await eventually(() => expect(happened().toSorted()).toEqual(states.toSorted()), patience);
  await eventually(async () => expect(await count(stack, 'event-log', "events WHERE event = 'activity.completed'")).toBe(states.length), patience);
  expect(new Set(states).isSubsetOf(new Set(sent.map(identity)))).toBe(true);
  expect(deadLetters).toEqual([]);
}

/** The events of one user, repetitions aside, are numbered in the order in which they stand in the topic. */
export function expectOrderPerUser(events: readonly Collected[]) {
  for (const [, ofUser] of Map.groupBy(events, ({ key }) => key)) {
    const first = [...new Map(ofUser.toReversed().map((record) => [record.headers['ce_id'], record])).values()].toReversed();
    const numbers = first.toSorted((a, b) => Number(a.offset) - Number(b.offset)).map(({ headers }) => Number(headers['ce_sequence']));
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    expect(new Set(numbers).size).toBe(numbers.length);
  }
}

/** The log has every event of every user once, in the order of its number, without a gap up to the number that the core has given last. */
export async function expectLogInOrder(stack: Stack) {
  await eventually(async () => {
    const given = await stack.db('behavior-core').query('SELECT id, event_sequence::int AS latest FROM users ORDER BY id');
    const logged = await stack.db('event-log').query('SELECT user_id AS id, array_agg(sequence::int ORDER BY position) AS numbers FROM events GROUP BY user_id ORDER BY user_id');
    expect(logged.rows).toEqual(given.rows.map(({ id, latest }) => ({ id, numbers: Array.from({ length: latest }, (_, index) => index + 1) })));
  }, { timeoutMs: 40_000, intervalMs: 200 });
}

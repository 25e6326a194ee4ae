import { userErased, userErasure, type UserErasure } from '@waggle/contracts';
import { toRecord } from '@waggle/kafka';
import { eventually, useStack } from '@waggle/testkit';
import { beforeAll, expect, test } from '@jest/globals';
import { createErasureStore } from '../src/adapters/erasure-store.ts';
import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';
import { anAward, anEvent, recordOf } from './an-event.ts';
import { answerForKeys } from './answer-for-keys.ts';

const stack = useStack();
const reports = stack.collect(userErased.topic);
const pool = stack.db('event-log');
const keys = answerForKeys();
const key = keys.makeKey('ws_demo');

beforeAll(async () => {
  await stack.run([keys.component]);
  await stack.run(createApp(loadConfig(stack.envOf('event-log', { CORE_INTERNAL_URLS: keys.url() }))).components);
});

let operations = 0;
const erasureOf = (user_id: string, event_sequence: number): UserErasure => ({
  operation_id: `op_${++operations}`, workspace_id: 'ws_demo', user_id, event_sequence, erased_at: '2026-03-28T08:12:44Z',
});
/** As the core publishes it: with the number of the event among its user's. */
const numbered = (user_id: string, sequence: number, workspace_id = 'ws_demo') => {
  const record = recordOf(anEvent({ user_id, workspace_id }));
  return { ...record, headers: { ...record.headers, ce_sequence: String(sequence) } };
};
const sequencesOf = async (userId: string, workspaceId = 'ws_demo') =>
  (await pool.query('SELECT sequence::int FROM events WHERE workspace_id = $1 AND user_id = $2 ORDER BY position', [workspaceId, userId])).rows.map(({ sequence }) => sequence);
const areIn = (userId: string, sequences: (number | null)[]) => eventually(async () => expect(await sequencesOf(userId)).toEqual(sequences));
const reportsOf = ({ operation_id }: UserErasure) => reports.map(({ value }) => JSON.parse(value)).filter((report) => report.operation_id === operation_id);

async function erase(erasure: UserErasure, timesReported = 1) {
  await stack.publish([toRecord(userErasure, erasure)]);
  await eventually(() => expect(reportsOf(erasure)).toHaveLength(timesReported));
}

async function page(query: string) {
  const response = await fetch(`${stack.urlOf('event-log')}/v1/events?${query}`, { headers: { authorization: `Bearer ${key}` } });
  return { status: response.status, body: JSON.parse(await response.text()) };
}

test("an erased user's entries are gone, everybody else's stay, and it is reported", async () => {
  const award = anAward({ user_id: 'usr_gone' });
  await stack.publish([numbered('usr_gone', 1), numbered('usr_gone', 2), numbered('usr_stays', 1), recordOf(award), numbered('usr_gone', 1, 'ws_other')]);
  // The award comes by another topic, so in any place.
  await eventually(async () => expect(new Set(await sequencesOf('usr_gone'))).toEqual(new Set([1, 2, null])));
  await areIn('usr_stays', [1]);
  const erasure = erasureOf('usr_gone', 2);
  await erase(erasure);

  // A wallet of that name is no user, and a user of that id in another workspace is somebody else.
  expect(await sequencesOf('usr_gone')).toEqual([null]);
  await eventually(async () => expect(await sequencesOf('usr_gone', 'ws_other')).toEqual([1]));
  expect(await sequencesOf('usr_stays')).toEqual([1]);
  expect(reportsOf(erasure)).toEqual([{ operation_id: erasure.operation_id, workspace_id: 'ws_demo', service: 'event-log' }]);
  const { rows } = await pool.query("SELECT row_to_json(e)::text AS text FROM erased_users e");
  expect(rows.filter(({ text }) => text.includes('usr_gone'))).toEqual([]);
});

test('what an erased user did is not taken in when it arrives late, and what one of the same id does later is', async () => {
  await erase(erasureOf('usr_again', 3));
  await stack.publish([numbered('usr_again', 2), numbered('usr_again', 3), numbered('usr_again', 4)]);
  await areIn('usr_again', [4]);
  const redelivered = erasureOf('usr_again', 3);
  await erase(redelivered);
  expect(await sequencesOf('usr_again')).toEqual([4]);
});

test('a cursor from before goes on behind what was erased, and misses nothing', async () => {
  await stack.publish([numbered('usr_cursor', 1), numbered('usr_erased_later', 1), numbered('usr_cursor', 2), numbered('usr_erased_later', 2)]);
  await areIn('usr_cursor', [1, 2]);
  await areIn('usr_erased_later', [1, 2]);
  const { body: everything } = await page('limit=200');
  const first = everything.data.findIndex(({ user_id }: { user_id: string }) => user_id === 'usr_erased_later');
  const { body: before } = await page(`limit=${first + 1}`);
  expect(before.data.at(-1).user_id).toBe('usr_erased_later');
  await erase(erasureOf('usr_erased_later', 2));
  await stack.publish([numbered('usr_cursor', 3)]);
  await areIn('usr_cursor', [1, 2, 3]);

  const rest = await page(`limit=${first + 1}&cursor=${before.next_cursor}`);
  expect(rest.status).toBe(200);
  const seen = [...before.data, ...rest.body.data].filter(({ user_id }: { user_id: string }) => user_id === 'usr_cursor');
  expect(seen).toHaveLength(3);
  expect(rest.body.data.filter(({ user_id }: { user_id: string }) => user_id === 'usr_erased_later')).toEqual([]);
});

test('an erasure that a crash cut off before its report is done again and reported; a long history goes in parts', async () => {
  await stack.publish(Array.from({ length: 4_500 }, (_, index) => numbered('usr_long', index + 1)));
  await eventually(async () => expect((await sequencesOf('usr_long')).length).toBe(4_500), { timeoutMs: 30_000 });
  const erasure = erasureOf('usr_long', 4_500);
  await createErasureStore(pool).erase(erasure);
  expect(await sequencesOf('usr_long')).toEqual([]);
  await erase(erasure);
  await erase(erasure, 2);
}, 60_000);

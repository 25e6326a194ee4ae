import { behaviorEvent, type BehaviorEvent, type CampaignEvent } from '@waggle/contracts';
import type { KafkaRecord } from '@waggle/kafka';
import { eventually, useStack } from '@waggle/testkit';
import { expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { createEventStore } from '../src/adapters/event-store.ts';
import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';
import { behaviorEventHandler } from '../src/consumers/behavior-event.ts';
import { anAward, anEvent, recordOf } from './an-event.ts';

const stack = useStack();
const published = stack.collect(behaviorEvent.topic);
const deadLetters = stack.collect('private.event-log.dead-letter.v1');
const pool = stack.db('event-log');

const startLog = () => stack.run(createApp(loadConfig(stack.envOf('event-log'))).components);
const publish = (...events: (BehaviorEvent | CampaignEvent)[]) => stack.publish(events.map(recordOf));

async function recordedOf(userId: string): Promise<string[]> {
  const { rows } = await pool.query('SELECT event_id FROM events WHERE user_id = $1 ORDER BY position', [userId]);
  return rows.map(({ event_id: id }) => id);
}

/** A later event with the same key: once it is in the log, all before it have been handled. */
async function fence(event: BehaviorEvent | CampaignEvent): Promise<string> {
  await publish(event);
  await eventually(async () => expect(await recordedOf(event.user_id)).toContain(event.id));
  return event.id;
}

test('a process that dies after its commit, before its offset, loses and doubles nothing', async () => {
  const events = [anEvent({ user_id: 'usr_crash' }), anEvent({ user_id: 'usr_crash' }), anEvent({ user_id: 'usr_crash' })];
  await publish(...events);
  await eventually(() => expect(published).toHaveLength(3));
  await behaviorEventHandler(createEventStore({ pool, metrics: new Registry() })).handle(published.slice(0, 2));

  const stop = await startLog();
  const last = await fence(anEvent({ user_id: 'usr_crash' }));
  expect(await recordedOf('usr_crash')).toEqual([...events.map(({ id }) => id), last]);
  await stop();
});

test('a redelivered event is recorded once, in the same batch or a later one, and the order of a user is that of Kafka', async () => {
  const stop = await startLog();
  const [first, second, third] = [anEvent({ user_id: 'usr_twice' }), anEvent({ user_id: 'usr_twice' }), anEvent({ user_id: 'usr_twice' })];
  await publish(second, second, first);
  const fenced = await fence(anEvent({ user_id: 'usr_twice' }));
  await publish(first, third, second);
  const last = await fence(anEvent({ user_id: 'usr_twice' }));

  expect(await recordedOf('usr_twice')).toEqual([second.id, first.id, fenced, third.id, last]);
  await stop();
});

test('the body is the text of the record without its workspace, also what a newer core has added', async () => {
  const stop = await startLog();
  const event = anEvent({ user_id: 'usr_text' });
  const { workspace_id: _, ...webhookBody } = event;
  const text = JSON.stringify({ ...webhookBody, new_field: { of: 'a newer core' } });
  await stack.publish([{ ...recordOf(event), value: `${text.slice(0, -1)},"workspace_id":"ws_demo"}` }]);
  await fence(anEvent({ user_id: 'usr_text' }));

  const { rows } = await pool.query('SELECT body, entity_id, workspace_id FROM events WHERE event_id = $1', [event.id]);
  expect(rows).toEqual([{ body: text, entity_id: 'act_xyz789', workspace_id: 'ws_demo' }]);
  await stop();
});

test('awards are recorded under their wallet, and what became of an in-app event is not', async () => {
  const stop = await startLog();
  const award = anAward();
  const processed: CampaignEvent = {
    event: 'inapp_event.processed', timestamp: award.timestamp, user_id: award.user_id, id: 'evt_processed', workspace_id: 'ws_demo',
    inapp_event: {
      id: 'iev_1', campaign_id: 42, event_id: 'evt_purchase_1', event_type: 'purchase_completed', environment: 'live', occurred_at: award.timestamp,
      processing_status: 'awarded', reason: null, awards: [],
    },
  };
  await publish(processed, award);
  const last = await fence(anAward());
  expect(await recordedOf(award.user_id)).toEqual([award.id, last]);
  await stop();
});

const poison: [string, string, (record: KafkaRecord) => KafkaRecord][] = [
  ['cut short', 'schema_mismatch', (record) => ({ ...record, value: '{"id":"evt_' })],
  ['with a character that no column takes', 'failed', (record) => ({ ...record, value: record.value.replace('act_xyz789', String.raw`act_\u0000`) })],
  ['with an id that fits no index', 'failed', (record) => ({ ...record, value: record.value.replace('act_xyz789', randomText(9_000)) })],
];
/** Such as compression cannot shorten. */
const randomText = (length: number) => Array.from({ length }, (_, index) => String.fromCodePoint(0x4e00 + ((index * index * 7919) % 20_000))).join('');

test.each(poison)('a record %s goes to the dead letters with its reason and stops nobody', async (_, reason, spoil) => {
  const stop = await startLog();
  const before = deadLetters.length;
  const userId = `usr_poison_${before}`;
  const spoilt = spoil(recordOf(anEvent({ user_id: userId })));
  const [neighbour, other] = [anEvent({ user_id: userId }), anEvent({ user_id: userId })];
  await stack.publish([recordOf(neighbour), spoilt, recordOf(other)]);
  const last = await fence(anEvent({ user_id: userId }));

  await eventually(() => expect(deadLetters).toHaveLength(before + 1));
  expect(deadLetters.at(-1)).toMatchObject({ key: spoilt.key, value: spoilt.value, headers: { reason, topic: behaviorEvent.topic } });
  expect(await recordedOf(userId)).toEqual([neighbour.id, other.id, last]);
  await stop();
});

test('while another writer holds the turn nothing is set aside, and afterwards all is recorded in order', async () => {
  const stop = await startLog();
  const before = deadLetters.length;
  const holder = await pool.connect();
  await holder.query(`BEGIN; SELECT pg_advisory_xact_lock(hashtext('event-log positions'))`);
  const events = [anEvent({ user_id: 'usr_waits' }), anEvent({ user_id: 'usr_waits' })];
  await publish(...events);
  const waiting = `SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`;
  await eventually(async () => expect((await pool.query(waiting)).rowCount).toBe(1));
  // As the statement time-out would.
  await pool.query('SELECT pg_cancel_backend(pid) FROM pg_locks WHERE locktype = $1 AND NOT granted', ['advisory']);
  await holder.query('ROLLBACK');
  holder.release();

  const last = await fence(anEvent({ user_id: 'usr_waits' }));
  expect(await recordedOf('usr_waits')).toEqual([...events.map(({ id }) => id), last]);
  expect(deadLetters).toHaveLength(before);
  await stop();
});

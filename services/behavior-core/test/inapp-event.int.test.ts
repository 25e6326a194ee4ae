import { campaignEvent, inappEvent, receiptKey, type InappEvent } from '@waggle/contracts';
import { openDatabase } from '@waggle/database';
import { toRecord, type RawRecord } from '@waggle/kafka';
import { eventually, readOutbox, useStack } from '@waggle/testkit';
import { beforeAll, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { createAwardStore } from '../src/adapters/campaigns/award-store.ts';
import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';
import { inappEventHandler } from '../src/consumers/inapp-event.ts';
import { anInappEvent, seedCampaign, walletOf } from './seed-campaign.ts';

const stack = useStack();
const facts = stack.collect(campaignEvent.topic);
const deadLetters = stack.collect('private.behavior-core.dead-letter.v1');
const database = openDatabase({ url: stack.databaseUrl('behavior-core'), connectionsMax: 8, timeoutMs: 15_000, name: 'test' });
const db = () => stack.db('behavior-core');
const startCore = () => stack.run(createApp(loadConfig(stack.envOf('behavior-core'))).components);

beforeAll(() => stack.run([database]));

const publish = (...given: InappEvent[]) => stack.publish(given.map((event) => toRecord(inappEvent, event)));
const factsOf = (event: InappEvent, type = 'inapp_event.processed') =>
  facts.map(({ value }) => JSON.parse(value)).filter((fact) => fact.event === type && (fact.inapp_event?.id === event.id || fact.award?.event_id === event.event_id));
const outcomeOf = async ({ id }: InappEvent) =>
  (await db().query('SELECT processing_status, reason, conflict, event_type FROM inapp_events WHERE id = $1', [id])).rows[0];
const awardsOf = async (campaignId: number) => (await db().query('SELECT * FROM awards WHERE campaign_id = $1 ORDER BY awarded_at, id', [campaignId])).rows;
const usedOf = async (taskId: string) => (await db().query('SELECT awards_used FROM campaign_tasks WHERE id = $1', [taskId])).rows[0]?.awards_used;

/** A consumer's handler without what comes after the commit: it dies there. */
const aHandler = () => inappEventHandler({ ...createAwardStore(database.pool), refreshReceipts() {}, wake() {} });
const raw = (event: InappEvent): RawRecord => ({ partition: 0, offset: '0', ...toRecord(inappEvent, event) });

/** A later event with the same key: once it is out, all before it has been handled. */
async function fence(of: InappEvent) {
  const last = anInappEvent({ campaign_id: of.campaign_id, wallet: of.wallet });
  await publish(last);
  await eventually(() => expect(factsOf(last)).toHaveLength(1));
}

test('an event is awarded once, published, kept with its text, and told to ingress', async () => {
  const stop = await startCore();
  const { campaignId, taskIds } = await seedCampaign(db(), [{}]);
  const event = anInappEvent({ campaign_id: campaignId });
  await publish(event);
  await eventually(() => expect(factsOf(event)).toHaveLength(1));

  const award = { wallet: event.wallet, task_id: taskIds[0], event_id: event.event_id, points: 10, environment: 'live', occurred_at: event.occurred_at, revokes: null };
  expect(factsOf(event, 'award.granted')).toMatchObject([{ user_id: event.wallet, workspace_id: 'ws_demo', award: { ...award, campaign_id: campaignId, type: 'award', name: 'Buy' } }]);
  expect(factsOf(event)).toMatchObject([{ inapp_event: { processing_status: 'awarded', reason: null, awards: [award] } }]);
  expect(await awardsOf(campaignId)).toMatchObject([{ task_id: taskIds[0], period: 'once', inapp_event_id: event.id }]);
  const { rows } = await db().query('SELECT body, digest FROM inapp_events WHERE id = $1', [event.id]);
  expect(rows).toEqual([{ body: event.body, digest: event.digest }]);

  const redis = new Redis(stack.redisUrl);
  await eventually(async () => {
    expect(JSON.parse(String(await redis.get(receiptKey(event))))).toMatchObject({ digest: event.digest, processing_status: 'awarded', reason: null, awards: [award] });
  });
  expect(await redis.ttl(receiptKey(event))).toBeGreaterThan(600_000);
  redis.disconnect();
  await stop();
});

test('a process that dies after its commit, before publishing and before its offset, awards and publishes once', async () => {
  const { campaignId } = await seedCampaign(db(), [{ recurrence: 'unlimited' }]);
  const given = [anInappEvent({ campaign_id: campaignId }), anInappEvent({ campaign_id: campaignId })];
  await aHandler().handle(given.map(raw));
  await publish(...given);
  const stop = await startCore();
  await fence(given[0]!);

  for (const event of given) expect([factsOf(event).length, factsOf(event, 'award.granted').length]).toEqual([1, 1]);
  expect(await awardsOf(campaignId)).toHaveLength(3);
  await stop();
});

test('a redelivered event changes nothing twice, in the same batch or in a later one', async () => {
  const stop = await startCore();
  const { campaignId, taskIds } = await seedCampaign(db(), [{ recurrence: 'unlimited' }]);
  const event = anInappEvent({ campaign_id: campaignId });
  await publish(event, event);
  await fence(event);
  await publish(event);
  await fence(event);

  expect([factsOf(event).length, factsOf(event, 'award.granted').length]).toEqual([1, 1]);
  expect(await usedOf(taskIds[0]!)).toBe(3);
  await stop();
});

test('a record that breaks the contract and one that fails alone go to the dead letters, and their batch is handled', async () => {
  const stop = await startCore();
  const { campaignId } = await seedCampaign(db(), [{}]);
  const well = anInappEvent({ campaign_id: campaignId });
  const { key } = toRecord(inappEvent, well);
  // No campaign can have this id: PostgreSQL's integer does not take it, past a schema that does.
  const poisoned = { ...toRecord(inappEvent, anInappEvent({ campaign_id: 9_007_199_254_740_991 })), key };
  await stack.publish([{ topic: inappEvent.topic, key, value: '{"id":"iev_', headers: {} }, poisoned, toRecord(inappEvent, well)]);
  await eventually(() => expect(factsOf(well)).toHaveLength(1));
  await eventually(() => expect(deadLetters.map(({ headers }) => headers['reason'])).toEqual(expect.arrayContaining(['schema_mismatch', 'failed'])));
  expect(await outcomeOf(well)).toMatchObject({ processing_status: 'awarded' });
  await stop();
});

test('a cap is exact although several handlers award at once', async () => {
  const { campaignId, taskIds } = await seedCampaign(db(), [{ max_awards: 25 }, { max_awards: 10 }]);
  const batches = Array.from({ length: 8 }, (_, batch) =>
    Array.from({ length: 10 }, (_event, n) => anInappEvent({ campaign_id: campaignId, wallet: walletOf(batch * 10 + n) })));
  await Promise.all(batches.map((batch) => aHandler().handle(batch.map(raw))));

  const awards = await awardsOf(campaignId);
  expect(taskIds.map((id) => awards.filter(({ task_id }) => task_id === id).length)).toEqual([25, 10]);
  expect(await Promise.all(taskIds.map(usedOf))).toEqual([25, 10]);
  const { rows } = await db().query('SELECT reason, count(*)::int FROM inapp_events WHERE campaign_id = $1 GROUP BY 1 ORDER BY 1', [campaignId]);
  expect(rows.find(({ reason }) => reason === 'cap_reached')?.count).toBeGreaterThanOrEqual(80 - 35);
});

test('no transaction can commit one award beyond a cap, even if it was set behind its back', async () => {
  const { campaignId, taskIds } = await seedCampaign(db(), [{ recurrence: 'unlimited' }]);
  const [first, second] = [anInappEvent({ campaign_id: campaignId }), anInappEvent({ campaign_id: campaignId, wallet: walletOf(2) })];
  const blocker = await db().connect();
  await blocker.query('BEGIN');
  await blocker.query('UPDATE campaign_tasks SET max_awards = 1 WHERE id = $1', [taskIds[0]]);
  const handling = aHandler().handle([first, second].map(raw));
  await eventually(async () => {
    const { rows } = await db().query("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'test'");
    expect(rows.length).toBeGreaterThan(0);
  });
  await blocker.query('COMMIT');
  blocker.release();
  expect(await handling).toEqual([{ kind: 'done' }, { kind: 'done' }]);
  expect(await awardsOf(campaignId)).toHaveLength(1);
  expect(await outcomeOf(second)).toMatchObject({ processing_status: 'no_award', reason: 'cap_reached' });
});

test('one event id at two handlers at once, with two bodies and wallets: one stands, the other is flagged', async () => {
  for (let round = 0; round < 10; round++) {
    const { campaignId } = await seedCampaign(db(), [{ recurrence: 'unlimited' }]);
    const first = anInappEvent({ campaign_id: campaignId });
    const other = { ...first, wallet: walletOf(2), digest: 'another' };
    const outcomes = await Promise.all([aHandler().handle([raw(first)]), aHandler().handle([raw(other)])]);
    expect(outcomes.flat()).toEqual(expect.arrayContaining([{ kind: 'done' }, { kind: 'skipped', reason: 'conflict' }]));
    expect(await awardsOf(campaignId)).toHaveLength(1);
    expect(await outcomeOf(first)).toMatchObject({ processing_status: 'awarded', conflict: true });
  }
});

test('one event id at many handlers at once is awarded once', async () => {
  const { campaignId, taskIds } = await seedCampaign(db(), [{ recurrence: 'unlimited' }]);
  const event = anInappEvent({ campaign_id: campaignId });
  const outcomes = await Promise.all(Array.from({ length: 8 }, () => aHandler().handle([raw(event)])));
  expect(outcomes.flat().filter(({ kind }) => kind === 'done')).toHaveLength(1);
  expect(await awardsOf(campaignId)).toHaveLength(1);
  expect(await usedOf(taskIds[0]!)).toBe(1);
});

test.each([
  { recurrence: 'once', times: ['2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z'], awarded: 1, description: 'once for ever' },
  { recurrence: 'daily', times: ['2026-01-01T00:00:00Z', '2026-01-01T23:59:59Z', '2026-01-02T00:00:00Z'], awarded: 2, description: 'once a UTC day' },
  { recurrence: 'weekly', times: ['2026-01-04T23:59:59Z', '2026-01-05T00:00:00Z', '2026-01-11T23:59:59Z'], awarded: 2, description: 'once an ISO week' },
  { recurrence: 'unlimited', times: ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z'], awarded: 2, description: 'every time' },
])('$recurrence awards a wallet $description, over batches and within one', async ({ recurrence, times, awarded }) => {
  const { campaignId } = await seedCampaign(db(), [{ recurrence }]);
  const given = times.map((occurred_at) => anInappEvent({ campaign_id: campaignId, occurred_at }));
  for (const event of given) await aHandler().handle([raw(event)]);
  expect(await awardsOf(campaignId)).toHaveLength(awarded);

  const together = times.map((occurred_at) => anInappEvent({ campaign_id: campaignId, occurred_at, wallet: walletOf(2) }));
  await aHandler().handle(together.map(raw));
  expect(await awardsOf(campaignId)).toHaveLength(awarded * 2);
});

test('a mapping that is gone by the time of processing, or a campaign of another workspace, awards nothing and is recorded', async () => {
  const { campaignId } = await seedCampaign(db(), [{}]);
  await db().query('UPDATE campaign_mappings SET active = false WHERE campaign_id = $1', [campaignId]);
  const [unmapped, foreign] = [anInappEvent({ campaign_id: campaignId }), anInappEvent({ campaign_id: campaignId, workspace_id: 'ws_other' })];
  await aHandler().handle([unmapped, foreign].map(raw));
  expect(await outcomeOf(unmapped)).toMatchObject({ processing_status: 'no_award', reason: 'no_active_mapping' });
  expect(await outcomeOf(foreign)).toMatchObject({ processing_status: 'rejected', reason: 'campaign_not_found' });
});

test('test events are kept apart: no cap, no count, no leaderboard, no topic', async () => {
  const { campaignId, taskIds } = await seedCampaign(db(), [{ max_awards: 1 }]);
  const given = [1, 2, 3].map((n) => anInappEvent({ campaign_id: campaignId, environment: 'test', wallet: walletOf(n) }));
  await aHandler().handle(given.map(raw));
  const live = anInappEvent({ campaign_id: campaignId });
  await aHandler().handle([raw(live)]);

  expect((await awardsOf(campaignId)).map(({ environment }) => environment)).toEqual(['test', 'test', 'test', 'live']);
  expect(await usedOf(taskIds[0]!)).toBe(1);
  const { rows } = await db().query('SELECT wallet, points, awards FROM campaign_wallets WHERE campaign_id = $1 AND awards > 0', [campaignId]);
  expect(rows).toEqual([{ wallet: live.wallet, points: '10', awards: 1 }]);
  const told = (await readOutbox(db())).filter(({ key }) => key.startsWith(`${campaignId}:`));
  expect(told.map(({ value }) => JSON.parse(value).event)).toEqual(['award.granted', 'inapp_event.processed']);
});

test('the leaderboard always agrees with the ledger', async () => {
  const { campaignId } = await seedCampaign(db(), [{ recurrence: 'unlimited', points: 3 }, { recurrence: 'daily', points: 5, max_awards: 7 }]);
  const batches = Array.from({ length: 6 }, () =>
    Array.from({ length: 20 }, (_, n) => anInappEvent({ campaign_id: campaignId, wallet: walletOf(n % 7), environment: n % 5 === 0 ? 'test' : 'live' })));
  await Promise.all(batches.map((batch) => aHandler().handle(batch.map(raw))));

  const board = await db().query('SELECT wallet, points::int, awards FROM campaign_wallets WHERE campaign_id = $1 AND awards > 0 ORDER BY wallet', [campaignId]);
  const ledger = await db().query(
    "SELECT wallet, sum(points)::int AS points, count(*)::int AS awards FROM awards WHERE campaign_id = $1 AND environment = 'live' GROUP BY wallet ORDER BY wallet",
    [campaignId],
  );
  expect(board.rows).toEqual(ledger.rows);
  expect(board.rows).toHaveLength(7);
});

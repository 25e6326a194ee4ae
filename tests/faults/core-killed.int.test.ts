import { signInAppEvent } from '@waggle/client';
import { behaviorEvent } from '@waggle/contracts';
import type { ServerProcess } from '@waggle/local-stack';
import { callApi, eventually, useStack } from '@waggle/testkit';
import { beforeAll, expect, test } from '@jest/globals';
import { createHabits, createInboundLoad, isAcknowledged } from './load.ts';
import { expectAgreement, expectOrderPerUser } from './reconcile.ts';

const stack = useStack();
const events = stack.collect(behaviorEvent.topic);
const deadLetters = stack.collect('private.behavior-core.dead-letter.v1');
const load = createInboundLoad(stack, () => systemKey);
let core: ServerProcess;
let systemKey: string;

beforeAll(async () => {
  core = await stack.start('behavior-core');
  await Promise.all([stack.start('ingress', { INBOUND_LIMIT: '100000', INBOUND_WAIT_MS: '300' }), stack.start('event-log')]);
  ({ systemKey } = await stack.createWorkspace());
  await createHabits(stack, systemKey);
}, 60_000);

async function killAndRestart() {
  process.kill(core.pid, 'SIGKILL');
  await core.ended;
  await core.restart();
}

test('every acknowledged request takes effect once although the core is killed twice under load', async () => {
  // Late enough for the second: the relay must have its leases back, so that it is the publishing that is interrupted.
  const killedAt = new Set([400, 1_000]);
  let restarted = Promise.resolve();
  const sent = await load.send(1_600, 8, (index) => {
    if (killedAt.has(index)) restarted = restarted.then(killAndRestart);
  });
  await restarted;

  expect(sent.filter(isAcknowledged)).toHaveLength(1_600);
  await expectAgreement(stack, sent, { events, deadLetters });
  expectOrderPerUser(events);
}, 120_000);

test('killed while 500 in-app events come in, the core loses none, awards none twice, and awards again within 10 s of its restart', async () => {
  const onCore = (method: string, path: string, body?: unknown) => callApi(method, `${stack.urlOf('behavior-core')}${path}`, { key: systemKey, body });
  const { body: campaign } = await onCore('POST', '/v1/campaigns', { name: 'Launch', status: 'active' });
  const { body: task } = await onCore('POST', `/v1/campaigns/${campaign.id}/tasks`, { name: 'Buy', points: 5, recurrence: 'unlimited' });
  await onCore('POST', `/v1/campaigns/${campaign.id}/mappings`, { event_type: 'purchase_completed', task_id: task.id });
  const { body: key } = await onCore('POST', `/v1/campaigns/${campaign.id}/inapp-keys`, { label: 'backend', rate_limit_per_minute: 1_000 });

  const send = async (n: number) => {
    const wallet = `0x${String(n % 20).padStart(40, '0')}`;
    const body = { schema_version: '1.0', event_id: `evt_${n}`, event_type: 'purchase_completed', campaign_id: campaign.id, occurred_at: new Date().toISOString(), user: { wallet } };
    const timestamp = String(Math.floor(Date.now() / 1_000));
    const headers = { 'x-buzz-key-id': key.key_id, 'x-buzz-timestamp': timestamp, 'x-buzz-signature': signInAppEvent(key.secret, timestamp, body) };
    return (await callApi('POST', `${stack.urlOf('ingress')}/user/inapp/webhooks`, { body, headers })).status;
  };
  const awards = async () => (await stack.db('behavior-core').query('SELECT event_id FROM awards')).rows.map(({ event_id }) => event_id);

  let next = 0;
  let backAfterMs = Infinity;
  let recovery = Promise.resolve();
  const statuses: number[] = [];
  await Promise.all(Array.from({ length: 8 }, async () => {
    while (next < 499) {
      const n = next++;
      if (n === 200) recovery = recover();
      statuses[n] = await send(n);
    }
  }));
  await recovery;

  async function recover() {
    await killAndRestart();
    const restartedAt = performance.now();
    // Its successor may have caught up already: what comes now is new to it.
    statuses[499] = await send(499);
    await eventually(async () => expect(await awards()).toContain('evt_499'));
    backAfterMs = performance.now() - restartedAt;
  }

  expect(statuses).toEqual(Array(500).fill(200));
  await eventually(async () => expect(await awards()).toHaveLength(500), { timeoutMs: 30_000 });
  expect(new Set(await awards()).size).toBe(500);
  expect(backAfterMs).toBeLessThan(10_000);
  const { body: leaderboard } = await onCore('GET', `/v1/campaigns/${campaign.id}/leaderboard`);
  expect(leaderboard.data.map(({ points }: { points: number }) => points)).toEqual(Array(20).fill(125));
}, 120_000);

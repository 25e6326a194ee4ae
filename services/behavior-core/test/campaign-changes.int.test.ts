import { campaignEvent, inappEvent, type InappEvent } from '@waggle/contracts';
import { openDatabase } from '@waggle/database';
import { toRecord } from '@waggle/kafka';
import { callApi, eventually, useStack } from '@waggle/testkit';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { createAwardStore } from '../src/adapters/campaigns/award-store.ts';
import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';
import { inappEventHandler } from '../src/consumers/inapp-event.ts';
import { anInappEvent, walletOf } from './seed-campaign.ts';

const stack = useStack();
const facts = stack.collect(campaignEvent.topic);
const database = openDatabase({ url: stack.databaseUrl('behavior-core'), connectionsMax: 8, timeoutMs: 15_000, name: 'test' });
let systemKey = '';
let workspaceId = '';

beforeAll(async () => {
  await stack.run([database, ...createApp(loadConfig(stack.envOf('behavior-core', { API_LIMIT_PER_MINUTE: '10000' }))).components]);
  ({ workspaceId, systemKey } = await stack.createWorkspace());
});

async function call(method: string, path: string, body?: unknown) {
  const answer = await callApi(method, `${stack.urlOf('behavior-core')}/v1/campaigns${path}`, { key: systemKey, body });
  return { status: answer.status, body: answer.body };
}

/** A campaign with one task that `purchase_completed` awards. */
async function given({ campaign = {}, task = {} }: { campaign?: object; task?: object } = {}) {
  const { id } = (await call('POST', '', { name: 'Winter', status: 'active', ...campaign })).body;
  const made = (await call('POST', `/${id}/tasks`, { name: 'Buy', points: 10, recurrence: 'unlimited', ...task })).body;
  const mapping = (await call('POST', `/${id}/mappings`, { event_type: 'purchase_completed', task_id: made.id })).body;
  return { id: Number(id), taskId: String(made.id), mappingId: String(mapping.id) };
}

const handler = () => inappEventHandler({ ...createAwardStore(database.pool), refreshReceipts() {}, wake() {} });
const eventOf = (campaign_id: number, fields: Partial<InappEvent> = {}) => anInappEvent({ campaign_id, workspace_id: workspaceId, id: `iev_${crypto.randomUUID().replaceAll('-', '')}`, ...fields });
const process = (...events: InappEvent[]) => handler().handle(events.map((event) => ({ partition: 0, offset: '0', ...toRecord(inappEvent, event) })));

/** Processes an event now, and tells what became of it. */
async function outcomeOf(campaignId: number, fields: Partial<InappEvent> = {}): Promise<string> {
  const event = eventOf(campaignId, fields);
  await process(event);
  const { body } = await call('GET', `/${campaignId}/inapp-events/${event.id}`);
  return body.reason ?? body.processing_status;
}
const awardsOf = async (campaignId: number, query = '') => (await call('GET', `/${campaignId}/awards${query}`)).body.data;
const boardOf = async (campaignId: number) => (await call('GET', `/${campaignId}/leaderboard`)).body.data;
const taskOf = async ({ id, taskId }: { id: number; taskId: string }) => (await call('GET', `/${id}/tasks`)).body.data.find((task: { id: string }) => task.id === taskId);
const auditOf = async (action: string) =>
  (await callApi('GET', `${stack.urlOf('behavior-core')}/v1/audit-log?action=${action}`, { key: systemKey })).body.data.map(({ target, details }: Record<string, object>) => ({ target, details }));

describe('a campaign is changed', () => {
  test('field by field, and null opens a window', async () => {
    const { id } = await given({ campaign: { ends_at: '2026-06-01T00:00:00Z' } });
    const changed = await call('PATCH', `/${id}`, { name: 'Spring', starts_at: '2026-01-01T00:00:00+01:00' });
    expect(changed).toMatchObject({ status: 200, body: { name: 'Spring', status: 'active', starts_at: '2025-12-31T23:00:00Z', ends_at: '2026-06-01T00:00:00Z', inapp_webhooks_enabled: true } });
    expect(await call('GET', `/${id}`)).toEqual(changed);
    expect((await call('PATCH', `/${id}`, { ends_at: null })).body).toMatchObject({ starts_at: '2025-12-31T23:00:00Z', ends_at: null });
    expect(await auditOf('campaign.changed')).toContainEqual({ target: { kind: 'campaign', id: String(id) }, details: { changed: 'name,starts_at' } });
  });

  test('nothing is nothing: no new time, no entry', async () => {
    const { id } = await given();
    const before = await call('GET', `/${id}`);
    expect(await call('PATCH', `/${id}`, {})).toEqual(before);
    expect(await call('PATCH', `/${id}`, { name: 'Winter', starts_at: null })).toEqual(before);
    expect((await auditOf('campaign.changed')).filter(({ target }: { target: { id: string } }) => target.id === String(id))).toEqual([]);
  });

  test.each([
    { description: 'an end before the start that stands', body: { ends_at: '2025-01-01T00:00:00Z' }, field: 'ends_at' },
    { description: 'a status that is none', body: { status: 'paused' }, field: 'status' },
    { description: 'no name', body: { name: '' }, field: 'name' },
    { description: 'a switch in words', body: { inapp_webhooks_enabled: 'yes' }, field: 'inapp_webhooks_enabled' },
    { description: 'another id', body: { id: 1 }, field: 'id' },
  ])('400 for $description', async ({ body, field }) => {
    const { id } = await given({ campaign: { starts_at: '2026-01-01T00:00:00Z' } });
    const before = await call('GET', `/${id}`);
    expect(await call('PATCH', `/${id}`, body)).toMatchObject({ status: 400, body: { code: 'validation_failed', errors: [{ path: field }] } });
    expect(await call('GET', `/${id}`)).toEqual(before);
  });

  test('draft, active, ended and the window decide about the next event', async () => {
    const { id } = await given({ campaign: { status: 'draft' } });
    expect(await outcomeOf(id)).toBe('campaign_not_active');
    await call('PATCH', `/${id}`, { status: 'active' });
    expect(await outcomeOf(id)).toBe('awarded');
    await call('PATCH', `/${id}`, { ends_at: '2026-01-01T00:00:00Z' });
    expect(await outcomeOf(id)).toBe('outside_window');
    await call('PATCH', `/${id}`, { ends_at: null, status: 'ended' });
    expect(await outcomeOf(id)).toBe('campaign_not_active');
    expect(await awardsOf(id)).toHaveLength(1);
  });
});

describe('a task is changed', () => {
  test('for awards from now on; those that stand keep their points', async () => {
    const campaign = await given();
    const path = `/${campaign.id}/tasks/${campaign.taskId}`;
    expect(await outcomeOf(campaign.id)).toBe('awarded');
    const changed = await call('PATCH', path, { name: 'Buy more', points: 25, recurrence: 'once', max_awards: 2, starts_at: '2026-01-01T00:00:00Z' });
    expect(changed).toMatchObject({ status: 200, body: { name: 'Buy more', points: 25, recurrence: 'once', max_awards: 2, awards_used: 1, starts_at: '2026-01-01T00:00:00Z', ends_at: null } });
    expect(await taskOf(campaign)).toEqual(changed.body);
    expect(await outcomeOf(campaign.id, { wallet: walletOf(2) })).toBe('awarded');
    expect(await outcomeOf(campaign.id, { wallet: walletOf(3) })).toBe('cap_reached');
    expect((await awardsOf(campaign.id)).map(({ points }: { points: number }) => points)).toEqual([25, 10]);
    expect(await auditOf('campaign_task.changed')).toContainEqual({ target: { kind: 'campaign_task', id: campaign.taskId }, details: { changed: 'name,points,recurrence,max_awards,starts_at' } });
  });

  test('a cap below what is used up takes nothing back, and null lifts it', async () => {
    const campaign = await given();
    for (let n = 0; n < 3; n++) await outcomeOf(campaign.id);
    const path = `/${campaign.id}/tasks/${campaign.taskId}`;
    expect((await call('PATCH', path, { max_awards: 1 })).body).toMatchObject({ max_awards: 1, awards_used: 3 });
    expect(await outcomeOf(campaign.id)).toBe('cap_reached');
    await call('PATCH', path, { max_awards: null });
    expect(await outcomeOf(campaign.id)).toBe('awarded');
    expect(await taskOf(campaign)).toMatchObject({ max_awards: null, awards_used: 4 });
  });

  test('a cap that is set while batches award is exact from then on, and no batch is lost', async () => {
    const campaign = await given();
    const batches = Array.from({ length: 6 }, (_, batch) => Array.from({ length: 20 }, (_event, n) => eventOf(campaign.id, { wallet: walletOf(batch * 20 + n) })));
    const working = batches.map((batch) => process(...batch));
    await call('PATCH', `/${campaign.id}/tasks/${campaign.taskId}`, { max_awards: 30 });
    await Promise.all(working);
    const atTheChange = (await taskOf(campaign)).awards_used;
    expect(await outcomeOf(campaign.id, { wallet: walletOf(500) })).toBe(atTheChange < 30 ? 'awarded' : 'cap_reached');
    const { rows } = await stack.db('behavior-core').query('SELECT count(*)::int AS awards FROM awards WHERE campaign_id = $1', [campaign.id]);
    expect((await taskOf(campaign)).awards_used).toBe(rows[0].awards);
    expect((await call('GET', `/${campaign.id}/inapp-events?limit=200`)).body.data).toHaveLength(121);
  });

  test.each([
    { description: 'no points', body: { points: 0 }, field: 'points' }, { description: 'a cap of none', body: { max_awards: 0 }, field: 'max_awards' },
    { description: 'a recurrence that is none', body: { recurrence: 'hourly' }, field: 'recurrence' },
    { description: 'an end before its start', body: { starts_at: '2026-02-01T00:00:00Z', ends_at: '2026-01-01T00:00:00Z' }, field: 'ends_at' },
    { description: 'what is counted', body: { awards_used: 0 }, field: 'awards_used' },
  ])('400 for $description', async ({ body, field }) => {
    const { id, taskId } = await given();
    expect(await call('PATCH', `/${id}/tasks/${taskId}`, body)).toMatchObject({ status: 400, body: { code: 'validation_failed', errors: [{ path: field }] } });
  });

  test('deleted, it is gone with its mappings; what it awarded stays and can be taken back', async () => {
    const campaign = await given();
    await outcomeOf(campaign.id);
    const path = `/${campaign.id}/tasks/${campaign.taskId}`;
    expect(await call('DELETE', path)).toEqual({ status: 204, body: undefined });
    for (const [method, body] of [['DELETE', undefined], ['PATCH', { name: 'Again' }]] as const) expect((await call(method, path, body)).status).toBe(404);
    expect((await call('GET', `/${campaign.id}/tasks`)).body.data).toEqual([]);
    expect((await call('GET', `/${campaign.id}/mappings`)).body.data).toEqual([]);
    expect(await call('POST', `/${campaign.id}/mappings`, { event_type: 'x', task_id: campaign.taskId })).toMatchObject({ status: 400, body: { errors: [{ path: 'task_id' }] } });
    expect(await outcomeOf(campaign.id)).toBe('no_active_mapping');
    const [award] = await awardsOf(campaign.id, `?task_id=${campaign.taskId}`);
    expect(award).toMatchObject({ points: 10 });
    expect((await call('POST', `/${campaign.id}/awards/${award.id}/revoke`, { reason: 'Gone' })).status).toBe(200);
    expect(await auditOf('campaign_task.deleted')).toContainEqual({ target: { kind: 'campaign_task', id: campaign.taskId }, details: {} });
  });
});

describe('a mapping is changed', () => {
  test('switched off and on, moved to another type and task, and deleted: awarding follows at once', async () => {
    const { id, mappingId } = await given();
    const other = (await call('POST', `/${id}/tasks`, { name: 'Share', points: 3, recurrence: 'unlimited' })).body;
    const path = `/${id}/mappings/${mappingId}`;
    expect(await call('PATCH', path, { active: false })).toMatchObject({ status: 200, body: { id: mappingId, active: false, event_type: 'purchase_completed' } });
    expect(await outcomeOf(id)).toBe('no_active_mapping');
    await call('PATCH', path, { active: true });
    expect(await outcomeOf(id)).toBe('awarded');
    expect((await call('PATCH', path, { event_type: 'shared', task_id: other.id })).body).toMatchObject({ event_type: 'shared', task_id: other.id, active: true });
    expect(await outcomeOf(id)).toBe('no_active_mapping');
    expect(await outcomeOf(id, { event_type: 'shared' })).toBe('awarded');
    expect((await awardsOf(id))[0]).toMatchObject({ points: 3, task_id: other.id });
    expect(await call('DELETE', path)).toEqual({ status: 204, body: undefined });
    expect(await outcomeOf(id, { event_type: 'shared' })).toBe('no_active_mapping');
    expect((await call('DELETE', path)).status).toBe(404);
    expect((await call('PATCH', path, { active: true })).status).toBe(404);
    expect(await auditOf('campaign_mapping.deleted')).toContainEqual({ target: { kind: 'campaign_mapping', id: mappingId }, details: {} });
  });

  test('400 for a task of another campaign, 409 for what is mapped already', async () => {
    const [own, foreign] = [await given(), await given()];
    expect(await call('PATCH', `/${own.id}/mappings/${own.mappingId}`, { task_id: foreign.taskId })).toMatchObject({ status: 400, body: { errors: [{ path: 'task_id' }] } });
    await call('POST', `/${own.id}/mappings`, { event_type: 'shared', task_id: own.taskId });
    expect(await call('PATCH', `/${own.id}/mappings/${own.mappingId}`, { event_type: 'shared' })).toMatchObject({ status: 409, body: { code: 'already_exists' } });
    expect(await call('PATCH', `/${own.id}/mappings/${own.mappingId}`, { event_type: 'a\u0000b' })).toMatchObject({ status: 400 });
  });
});

test('the parts of one campaign are not found under another', async () => {
  const [own, other] = [await given(), await given()];
  const { key_id } = (await call('POST', `/${own.id}/inapp-keys`, { label: 'shop' })).body;
  await outcomeOf(own.id);
  const [award] = await awardsOf(own.id);
  for (const [method, path, body] of [
    ['PATCH', `/tasks/${own.taskId}`, { name: 'Taken' }], ['DELETE', `/tasks/${own.taskId}`, undefined], ['PATCH', `/mappings/${own.mappingId}`, { active: false }],
    ['DELETE', `/mappings/${own.mappingId}`, undefined], ['DELETE', `/inapp-keys/${key_id}`, undefined], ['POST', `/awards/${award.id}/revoke`, { reason: 'Taken' }],
    ['DELETE', '/tasks/%00', undefined], ['DELETE', '/inapp-keys/x', undefined], ['POST', '/awards/awd_nobody/revoke', { reason: 'None' }],
  ] as const) expect(await call(method, `/${other.id}${path}`, body)).toMatchObject({ status: 404, body: { code: 'not_found' } });
  expect(await outcomeOf(own.id)).toBe('awarded');
});

describe('an award is revoked', () => {
  const factOf = (awardId: string) => facts.map(({ value }) => JSON.parse(value)).filter(({ event, award }) => event === 'award.revoked' && award.revokes === awardId);

  test('by an entry of its own: the ledger shows both, the leaderboard falls, everybody is told once', async () => {
    const { id, taskId } = await given({ task: { max_awards: 2 } });
    for (let n = 0; n < 2; n++) await outcomeOf(id);
    const [award, earlier] = await awardsOf(id);
    const revoked = await call('POST', `/${id}/awards/${award.id}/revoke`, { reason: 'Returned goods' });
    const entry = { ...award, id: expect.stringMatching(/^awd_/), points: -10, revokes: award.id, awarded_at: expect.any(String), reason: 'Returned goods' };
    expect(revoked).toEqual({ status: 200, body: entry });
    expect(await awardsOf(id)).toEqual([revoked.body, award, earlier]);
    expect(await boardOf(id)).toEqual([{ rank: 1, wallet: walletOf(1), points: 10, awards: 1 }]);
    await eventually(() => expect(factOf(award.id)).toHaveLength(1));
    expect(factOf(award.id)[0]).toMatchObject({ user_id: walletOf(1), workspace_id: workspaceId, award: { ...entry, campaign_id: id, type: 'award', name: 'Buy', task_id: taskId } });
    expect(await auditOf('award.revoked')).toContainEqual({ target: { kind: 'award', id: award.id }, details: {} });
  });

  test('once: a second time, and ten at once, are 409; so is a revocation', async () => {
    const { id } = await given();
    await outcomeOf(id);
    const [award] = await awardsOf(id);
    const answers = await Promise.all(Array.from({ length: 10 }, () => call('POST', `/${id}/awards/${award.id}/revoke`, { reason: 'Twice' })));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, ...Array(9).fill(409)]);
    expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({ code: 'already_revoked' });
    const [entry] = await awardsOf(id);
    expect(await call('POST', `/${id}/awards/${entry.id}/revoke`, { reason: 'Undo' })).toMatchObject({ status: 409, body: { code: 'invalid_transition' } });
    expect(await boardOf(id)).toEqual([]);
  });

  test.each([{}, { reason: '' }, { reason: 5 }, { reason: 'x'.repeat(2_001) }, { reason: 'a\u0000' }, { reason: 'Well', points: 3 }])('400 for %j', async (body) => {
    const { id } = await given();
    expect(await call('POST', `/${id}/awards/awd_1/revoke`, body)).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
  });

  test('its place under the cap is free again; the wallet has had its turn', async () => {
    const { id } = await given({ task: { recurrence: 'once', max_awards: 1 } });
    expect(await outcomeOf(id)).toBe('awarded');
    expect(await outcomeOf(id, { wallet: walletOf(2) })).toBe('cap_reached');
    const [award] = await awardsOf(id);
    await call('POST', `/${id}/awards/${award.id}/revoke`, { reason: 'Fraud' });
    expect(await outcomeOf(id)).toBe('already_awarded');
    expect(await outcomeOf(id, { wallet: walletOf(2) })).toBe('awarded');
    expect(await boardOf(id)).toEqual([{ rank: 1, wallet: walletOf(2), points: 10, awards: 1 }]);
  });

  test('a test award is revoked apart: nobody is told and nothing is counted', async () => {
    const { id } = await given({ task: { max_awards: 5 } });
    expect(await outcomeOf(id, { environment: 'test' })).toBe('awarded');
    expect(await outcomeOf(id)).toBe('awarded');
    const [award] = await awardsOf(id, '?environment=test');
    expect((await call('POST', `/${id}/awards/${award.id}/revoke`, { reason: 'Tried' })).status).toBe(200);
    expect(await awardsOf(id, '?environment=test')).toHaveLength(2);
    expect(await boardOf(id)).toEqual([{ rank: 1, wallet: walletOf(1), points: 10, awards: 1 }]);
    const { rows } = await stack.db('behavior-core').query('SELECT awards_used FROM campaign_tasks WHERE campaign_id = $1', [id]);
    expect(rows).toEqual([{ awards_used: 1 }]);
    expect(factOf(award.id)).toEqual([]);
  });

  test('while batches award, the leaderboard and the counts agree with the ledger, and none waits for another for good', async () => {
    const campaign = await given({ task: { max_awards: 1_000 } });
    const second = (await call('POST', `/${campaign.id}/tasks`, { name: 'Share', points: 3, recurrence: 'unlimited' })).body;
    await call('POST', `/${campaign.id}/mappings`, { event_type: 'purchase_completed', task_id: second.id });
    const aBatch = () => Array.from({ length: 25 }, (_, n) => eventOf(campaign.id, { wallet: walletOf(n % 5) }));
    await process(...aBatch());
    const awards = await awardsOf(campaign.id, '?limit=40');
    const [revoked] = await Promise.all([
      Promise.all(awards.map(({ id }: { id: string }) => call('POST', `/${campaign.id}/awards/${id}/revoke`, { reason: 'Load' }))),
      ...Array.from({ length: 6 }, () => process(...aBatch())),
    ]);
    expect(revoked.map(({ status }: { status: number }) => status)).toEqual(Array(40).fill(200));
    const db = stack.db('behavior-core');
    const board = await db.query('SELECT wallet, points::int, awards FROM campaign_wallets WHERE campaign_id = $1 AND awards > 0 ORDER BY wallet', [campaign.id]);
    const ledger = await db.query(
      `SELECT wallet, sum(points)::int AS points, sum(CASE WHEN revokes IS NULL THEN 1 ELSE -1 END)::int AS awards
       FROM awards WHERE campaign_id = $1 AND environment = 'live' GROUP BY wallet ORDER BY wallet`,
      [campaign.id],
    );
    expect(board.rows).toEqual(ledger.rows);
    const used = await db.query('SELECT sum(awards_used)::int AS used FROM campaign_tasks WHERE campaign_id = $1', [campaign.id]);
    expect(used.rows[0].used).toBe(board.rows.reduce((sum, row) => sum + row.awards, 0));
  });
});

import { behaviorEvent } from '@waggle/contracts';
import { callApi, eventually, useStack } from '@waggle/testkit';
import { beforeAll, expect, test } from '@jest/globals';
import { makeLog, people } from './year-of-log.ts';

const COUNT = 10_000;
const BULK_MAX = 1_000;
const stack = useStack();
const published = stack.collect(behaviorEvent.topic);
const log = makeLog(COUNT, 20_261_125);

beforeAll(async () => {
  // What the time of day brings comes to each workspace at another place in its history.
  await stack.start('behavior-core', { API_LIMIT_PER_MINUTE: '100000' });
  await stack.start('ingress', { INBOUND_LIMIT: '100000', INBOUND_WAIT_MS: '20000' });
}, 60_000);

interface Tenant {
  workspaceId: string;
  systemKey: string;
}

/** A workspace with all of the people, whose days are their own. */
async function aTenant(): Promise<Tenant> {
  const tenant = await stack.createWorkspace();
  for (const { userId, timezone, activities } of people) {
    await onCore(tenant, 'PUT', `/v1/users/${userId}/settings`, { timezone });
    for (const activity of activities) await onCore(tenant, 'POST', '/v1/activities', { ...activity, user_id: userId });
  }
  return tenant;
}
const onCore = ({ systemKey }: Tenant, method: string, path: string, body?: unknown) => callApi(method, `${stack.urlOf('behavior-core')}${path}`, { key: systemKey, body });
const onIngress = ({ systemKey }: Tenant, path: string, body: unknown) => callApi('POST', `${stack.urlOf('ingress')}${path}`, { key: systemKey, body });

/** What became of each line. */
async function replayInBulk(tenant: Tenant): Promise<string[]> {
  const outcomes: string[] = [];
  for (let begin = 0; begin < log.length; begin += BULK_MAX) {
    const { status, body } = await onIngress(tenant, '/v1/activities/bulk', { operations: log.slice(begin, begin + BULK_MAX) });
    const results = status === 202 ? await resultsOf(tenant, body.operation_id) : body.results;
    for (const result of results) outcomes.push(result.error?.code ?? result.status);
  }
  return outcomes;
}

/** For a machine on which a thousand items take more than ten seconds. */
async function resultsOf(tenant: Tenant, operationId: string) {
  await eventually(async () => expect((await onCore(tenant, 'GET', `/v1/operations/${operationId}`)).body.status).toBe('completed'), { timeoutMs: 60_000 });
  const results = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { body }: Awaited<ReturnType<typeof onCore>> = await onCore(tenant, 'GET', `/v1/operations/${operationId}/results?limit=200${cursor === '' ? '' : `&cursor=${cursor}`}`);
    results.push(...body.data);
    cursor = body.next_cursor;
  }
  return results;
}

/** Each person's lines one after the other, all people at once. */
async function replayOneByOne(tenant: Tenant): Promise<string[]> {
  const outcomes: string[] = [];
  const ofPeople = Map.groupBy(log.map((body, index) => ({ body, index })), ({ body }) => body.user_id);
  await Promise.all([...ofPeople.values()].map(async (lines) => {
    for (const { body, index } of lines) {
      const answer = await onIngress(tenant, '/v1/webhooks/inbound', body);
      outcomes[index] = answer.body.code ?? answer.body.status;
    }
  }));
  return outcomes;
}

async function stateOf(tenant: Tenant) {
  const views = await Promise.all(people.map(async ({ userId }) => (await onCore(tenant, 'GET', `/v1/activities?user_id=${userId}`)).body.data));
  return views.flat().map(({ created_at: _created, updated_at: _updated, ...view }) => view);
}

/** Of each user in their order, without what names the request. */
function eventsOf({ workspaceId }: Tenant): Map<string, unknown[]> {
  const ofTenant = published.filter(({ key }) => key.startsWith(`${workspaceId}:`)).map(({ value }) => JSON.parse(value));
  const told = ofTenant.filter(({ event }) => event !== 'activity.created').map(({ id: _id, workspace_id: _workspace, ...event }) => event);
  return Map.groupBy(told, ({ user_id }) => String(user_id));
}

test('a year of a real-looking log ends in the same state and the same events, in bulk or one by one', async () => {
  const [bulk, single] = [await aTenant(), await aTenant()];
  const outcomes = await replayInBulk(bulk);
  expect(await replayOneByOne(single)).toEqual(outcomes);
  expect(new Set(outcomes)).toEqual(new Set(['processed', 'unchanged', 'duplicate', 'invalid_transition']));
  expect(await stateOf(single)).toEqual(await stateOf(bulk));
  const count = (tenant: Tenant) => [...eventsOf(tenant).values()].flat().length;
  await eventually(() => expect(count(single)).toBe(count(bulk)), { timeoutMs: 30_000 });
  expect(eventsOf(single)).toEqual(eventsOf(bulk));
  expect(count(bulk)).toBeGreaterThan(COUNT / 2);
}, 300_000);

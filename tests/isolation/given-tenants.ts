import { signInAppEvent } from '@waggle/client';
import { callApi, eventually, type Stack } from '@waggle/testkit';

/** In names and texts of the victim's things, and in no request of anybody else. */
export const SECRET = 'SECRET-of-the-victim';

/** Of the whole workspace: its users may see it, another workspace may not. */
export const WORKSPACE_SECRET = 'SECRET-of-the-workspace';

const WALLET = `0x${'ab'.repeat(20)}`;

/** Everything by which somebody could try to reach what is not theirs. */
export type Target = Awaited<ReturnType<typeof aVictim>>;

export interface Keys {
  system: string;
  victim: string;
  neighbour: string;
  foreign: string;
}

/** One workspace with a victim and a neighbour, and another workspace. */
export async function givenTenants(stack: Stack): Promise<{ workspaceId: string; keys: Keys }> {
  const { workspaceId, systemKey: system } = await stack.createWorkspace();
  const { systemKey: foreign } = await stack.createWorkspace();
  const keyOf = async (userId: string) => {
    await callApi('PUT', `${stack.urlOf('behavior-core')}/v1/users/${userId}/settings`, { key: system, body: { name: userId === 'usr_victim' ? SECRET : 'Neighbour' } });
    return String((await callApi('POST', `${stack.urlOf('behavior-core')}/v1/users/${userId}/api-keys`, { key: system, body: { label: userId === 'usr_victim' ? SECRET : 'phone' } })).body.api_key);
  };
  return { workspaceId, keys: { system, foreign, victim: await keyOf('usr_victim'), neighbour: await keyOf('usr_neighbour') } };
}

/** Makes one of everything. `receiverUrl` takes the victim's webhooks. */
export async function aVictim(stack: Stack, keys: Keys, receiverUrl: string) {
  const make = async (service: 'behavior-core' | 'ingress' | 'outbound-dispatcher', path: string, body: unknown, key = keys.victim) => {
    const answer = await callApi('POST', stack.urlOf(service) + path, { key, body });
    if (answer.status >= 300) throw new Error(`POST ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const read = async (service: 'behavior-core' | 'event-log' | 'outbound-dispatcher', path: string, key = keys.victim) => (await callApi('GET', stack.urlOf(service) + path, { key })).body;

  const endpoint = await make('outbound-dispatcher', '/v1/webhooks/endpoints', { url: receiverUrl, event_types: ['*'], description: SECRET });
  await callApi('PUT', `${stack.urlOf('behavior-core')}/v1/users/usr_victim/channels/${SECRET}`, { key: keys.victim, body: { kind: 'webhook', url: `${receiverUrl}/${SECRET}` } });
  const activity = await make('behavior-core', '/v1/activities', { type: 'habit', name: SECRET });
  const twin = await make('behavior-core', '/v1/activities', { id: 'act_twin', type: 'habit', name: SECRET });
  const routine = await make('behavior-core', '/v1/activities', { type: 'routine', name: SECRET, steps: [{ name: SECRET }] });
  const done = { event: 'activity.completed', activity_id: activity.id, user_id: 'usr_victim', timestamp: '2026-03-28T08:12:44Z' };
  const inbound = await make('ingress', '/v1/webhooks/inbound', done);
  const bulk = await make('ingress', '/v1/activities/bulk', { operations: [{ ...done, timestamp: '2026-03-27T08:12:44Z' }] });
  const key = (await read('behavior-core', '/v1/users/usr_victim/api-keys')).data[0];
  const systemKey = (await read('behavior-core', '/v1/api-keys', keys.system)).data[0];
  await make('behavior-core', '/v1/activity-templates', { name: 'victim-template', description: WORKSPACE_SECRET, activities: [{ type: 'habit', name: 'x' }] }, keys.system);
  const campaign = await aCampaign(stack, keys.system, make);
  const [, usedCode = ''] = String((await make('behavior-core', '/v1/portal-sessions', {})).url).split('#code=');
  await callApi('POST', `${stack.urlOf('behavior-core')}/v1/portal-sessions/exchange`, { body: { code: usedCode } });

  let event: { id: string } = { id: '' };
  let delivery: { id: string } = { id: '' };
  await eventually(async () => {
    const { data: events } = await read('event-log', '/v1/events?event=activity.completed');
    const { data: deliveries } = await read('outbound-dispatcher', '/v1/webhooks/deliveries');
    if (events.length < 2 || deliveries.length < 5 || deliveries.some(({ status }: { status: string }) => status !== 'succeeded')) throw new Error('not everything has arrived');
    [event, delivery] = [events[0], deliveries[0]];
  });
  return {
    userId: 'usr_victim', activityId: String(activity.id), twinId: String(twin.id), routineId: String(routine.id), stepId: String(routine.steps[0].id), keyId: String(key.id), systemKeyId: String(systemKey.id),
    templateName: 'victim-template', operationId: String(inbound.operation_id), bulkOperationId: String(bulk.operation_id), endpointId: String(endpoint.id), eventId: event.id, deliveryId: delivery.id, usedCode, eventCursor: String((await read('event-log', '/v1/events?limit=1')).next_cursor),
    ...campaign,
  };
}

type Make = (service: 'behavior-core', path: string, body: unknown, key: string) => Promise<Record<string, unknown>>;

async function aCampaign(stack: Stack, system: string, make: Make) {
  const { id } = await make('behavior-core', '/v1/campaigns', { name: WORKSPACE_SECRET, status: 'active' }, system);
  const path = `/v1/campaigns/${String(id)}`;
  const task = await make('behavior-core', `${path}/tasks`, { name: WORKSPACE_SECRET, points: 5 }, system);
  const mapping = await make('behavior-core', `${path}/mappings`, { event_type: 'victim_bought', task_id: task['id'] }, system);
  const { key_id, secret } = await make('behavior-core', `${path}/inapp-keys`, { label: WORKSPACE_SECRET }, system);
  const body = { schema_version: '1.0', event_id: 'victim_event', event_type: 'victim_bought', campaign_id: id, occurred_at: new Date().toISOString(), user: { wallet: WALLET } };
  const ts = Math.floor(Date.now() / 1_000);
  const headers = { 'x-buzz-key-id': String(key_id), 'x-buzz-timestamp': String(ts), 'x-buzz-signature': signInAppEvent(String(secret), ts, body) };
  await callApi('POST', `${stack.urlOf('ingress')}/user/inapp/webhooks`, { body, headers });
  let seen: { id: string; awards: { id: string }[] }[] = [];
  await eventually(async () => {
    seen = (await callApi('GET', `${stack.urlOf('behavior-core')}${path}/inapp-events?status=awarded`, { key: system })).body.data;
    if (seen.length !== 1) throw new Error('the in-app event is not processed');
  });
  const ids = { campaignId: String(id), taskId: String(task['id']), mappingId: String(mapping['id']), inappKeyId: String(key_id) };
  return { ...ids, inappEventId: seen[0]!.id, awardId: seen[0]!.awards[0]!.id, wallet: WALLET };
}

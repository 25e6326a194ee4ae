import { randomUUID } from 'node:crypto';
import { signInAppEvent, verifyWebhook } from '@waggle/client';
import { z } from 'zod';
import { createDemoApi, waitFor, type Answer, type DemoApi } from './demo-api.ts';
import { openDemoReceiver, type DemoReceiver, type ReceivedWebhook } from './demo-receiver.ts';
import { DEMO_EVENT_TYPE, type DemoCampaign } from './demo-workspace.ts';

// Another user than the one whose keys are shown: whoever tries the guide's example finds it untouched.
const USER = 'usr_demo';
const ENDPOINT = 'demo receiver';
const WALLET = '0x52908400098527886E0F7030069857D2E4169EE7';

/** What happened, step by step, for `tellStory` to print. */
export interface Story {
  inbound: { request: Record<string, string>; answer: Answer<{ status: string }> };
  webhook: ReceivedWebhook & { afterMs: number };
  logEntry: unknown;
  inapp: { request: unknown; answer: Answer<unknown>; awards: unknown };
}

interface DemoPlace {
  gatewayUrl: string;
  receiverHost?: string;
  signal: AbortSignal;
}

/** The main job once, over the public API: a habit is done, a signed webhook arrives, the log has the event, an in-app event is awarded. */
export async function playDemo(
  keys: { system_key: string; demo: DemoCampaign },
  { gatewayUrl, receiverHost, signal }: DemoPlace,
): Promise<Story> {
  const call = createDemoApi({ gatewayUrl, key: keys.system_key, signal });
  const receiver = await openDemoReceiver(receiverHost);
  try {
    await deleteEndpoints(call); // of a demo that was cut short
    const endpoint = await createEndpoint(call, receiver.url);
    const activityId = await createHabit(call);
    const sentAt = Date.now();
    const inbound = await complete(call, activityId);
    const webhook = { ...(await receive(receiver, activityId, endpoint.secret)), afterMs: Date.now() - sentAt };
    const logEntry = await findInLog(call, activityId);
    await deleteEndpoints(call);
    return { inbound, webhook, logEntry, inapp: await sendInAppEvent(call, keys.demo) };
  } finally {
    await receiver.close();
  }
}

const page = <Item extends z.ZodType>(item: Item) => z.object({ data: z.array(item) });

async function deleteEndpoints(call: DemoApi) {
  const { body } = await call(page(z.object({ id: z.string(), description: z.string().nullish() })), {
    path: '/v1/webhooks/endpoints?limit=200',
  });
  const ours = body.data.filter(({ description }) => description === ENDPOINT);
  for (const { id } of ours) await call(z.null(), { method: 'DELETE', path: `/v1/webhooks/endpoints/${id}` });
}

async function createEndpoint(call: DemoApi, url: string) {
  const body = { url, event_types: ['activity.completed'], description: ENDPOINT };
  return (await call(z.object({ secret: z.string() }), { method: 'POST', path: '/v1/webhooks/endpoints', body })).body;
}

/** A new habit at each start, because yesterday's is perhaps today's and done; the ones before are archived. */
async function createHabit(call: DemoApi): Promise<string> {
  const habit = { user_id: USER, type: 'habit', name: 'Stretch', channels: ['telegram'] };
  const identified = z.object({ id: z.string() });
  const { body } = await call(identified, { method: 'POST', path: '/v1/activities', body: habit });
  const earlier = await call(page(identified), { path: `/v1/activities?user_id=${USER}&status=active&limit=200` });
  for (const { id } of earlier.body.data) if (id !== body.id) await call(z.null(), { method: 'DELETE', path: `/v1/activities/${id}` });
  return body.id;
}

async function complete(call: DemoApi, activityId: string): Promise<Story['inbound']> {
  const timestamp = new Date().toISOString().replace(/\.\d+/, '');
  const request = { event: 'activity.completed', activity_id: activityId, user_id: USER, timestamp };
  const answer = await call(z.looseObject({ status: z.string() }), { method: 'POST', path: '/v1/webhooks/inbound', body: request });
  return { request, answer };
}

// Kept as they came, in their own order: they are shown.
const entry = z.record(z.string(), z.unknown());
const aboutActivity = z.object({ activity: z.object({ id: z.string() }) });
const isAbout = (activityId: string, event: unknown) => aboutActivity.safeParse(event).data?.activity.id === activityId;

async function receive({ received }: DemoReceiver, activityId: string, secret: string): Promise<ReceivedWebhook> {
  const webhook = await waitFor('the webhook', async () => received.find(({ body }) => isAbout(activityId, JSON.parse(body))));
  if (!verifyWebhook(secret, webhook.body, webhook.headers)) throw new Error('the webhook came, but its signature is wrong');
  return webhook;
}

async function findInLog(call: DemoApi, activityId: string): Promise<unknown> {
  return waitFor("the event's entry in the log", async () => {
    const { body } = await call(page(entry), { path: `/v1/events?user_id=${USER}&event=activity.completed&limit=200` });
    return body.data.findLast((event) => isAbout(activityId, event));
  });
}

async function sendInAppEvent(
  call: DemoApi,
  { campaign_id: campaignId, inapp_key_id: keyId, inapp_secret: secret }: DemoCampaign,
): Promise<Story['inapp']> {
  const request = {
    schema_version: '1.0',
    event_id: `evt_${randomUUID()}`,
    event_type: DEMO_EVENT_TYPE,
    campaign_id: campaignId,
    occurred_at: new Date().toISOString(),
    user: { wallet: WALLET },
  };
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const headers = { 'x-buzz-key-id': keyId, 'x-buzz-timestamp': timestamp, 'x-buzz-signature': signInAppEvent(secret, timestamp, request) };
  const answer = await call(z.unknown(), { method: 'POST', path: '/user/inapp/webhooks', body: request, headers });
  const processed = await waitFor('the award', async () => {
    const path = `/v1/campaigns/${campaignId}/inapp-events?event_id=${request.event_id}`;
    const { body } = await call(page(entry), { path });
    return body.data.find(({ processing_status: status }) => status !== 'accepted');
  });
  if (processed['processing_status'] !== 'awarded') throw new Error(`the in-app event was not awarded: ${JSON.stringify(processed)}`);
  return { request, answer, awards: processed['awards'] };
}

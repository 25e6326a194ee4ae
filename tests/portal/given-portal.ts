import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { signInAppEvent } from '@waggle/client';
import { behaviours, callApi, eventually, startReceiver, type Receiver, type Stack } from '@waggle/testkit';
import { SCREENSHOTS } from './browser.ts';

const ROOT = join(import.meta.dirname, '../..');
export const WALLET = '0x52908400098527886E0F7030069857D2E4169EE7';

/** The whole product behind its gateway, as processes; failed deliveries are over within a second. */
export async function startProduct(stack: Stack): Promise<{ url: string; workspaceId: string; systemKey: string }> {
  if (!existsSync(join(ROOT, 'services/portal/dist/index.html'))) throw new Error('The portal is not built: npm run build --workspace @waggle/portal');
  mkdirSync(SCREENSHOTS, { recursive: true });
  const settings = { API_LIMIT_PER_MINUTE: '100000', PUBLIC_URL: stack.urlOf('gateway') };
  await stack.start('behavior-core', settings);
  await Promise.all([
    stack.start('ingress', settings),
    stack.start('event-log', settings),
    stack.start('outbound-dispatcher', { ...settings, ALLOW_INSECURE_ENDPOINTS: 'true', EGRESS_ALLOW_CIDRS: '127.0.0.0/8', DELIVERY_RETRY_DELAYS_MS: '200,200,200' }),
    stack.start('gateway', settings),
  ]);
  return { url: stack.urlOf('gateway'), ...(await stack.createWorkspace()) };
}

export type Api = (method: string, path: string, body?: unknown) => Promise<Record<string, any>>; // oxlint-disable-line typescript/no-explicit-any

export const createApi = (url: string, key: string): Api => async (method, path, body) => {
  const answer = await callApi(method, `${url}${path}`, { key, body });
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
};

export interface Life {
  receiver: Receiver;
  goodEndpoint: string;
  badEndpoint: string;
  habit: string;
  campaign: { id: number; keyId: string; secret: string };
}

const HABITS = ['Drink water', 'Morning run', 'Read 20 pages'];
const DAYS = 24;
const DAY_MS = 86_400_000;

/** Some weeks of somebody's life, two endpoints of which one fails, and a campaign: every page has something to show. */
export async function aBusyWorkspace(api: Api, url: string): Promise<Life> {
  const receiver = await startReceiver();
  receiver.program('/broken', behaviours.answer(500, '{"error":"database is locked"}', { 'content-type': 'application/json' }));
  const good = await api('POST', '/v1/webhooks/endpoints', { url: receiver.url('/hooks/waggle'), event_types: ['*'], description: 'Analytics pipeline', headers: { 'X-Environment': 'production' } });
  const bad = await api('POST', '/v1/webhooks/endpoints', { url: receiver.url('/broken'), event_types: ['activity.completed'], description: 'CRM sync' });
  const habits = [];
  for (const name of HABITS) {
    const schedule = { starts_on: new Date(Date.now() - DAYS * DAY_MS).toISOString().slice(0, 10) };
    habits.push((await api('POST', '/v1/activities', { user_id: 'usr_maria', type: 'habit', name, schedule, channels: ['telegram'] }))['id']);
  }
  await api('POST', '/v1/activities', { user_id: 'usr_maria', type: 'routine', name: 'Evening wind-down', steps: [{ name: 'Stretch' }, { name: 'Plan tomorrow' }] });
  await api('POST', '/v1/activities', { user_id: 'usr_maria', type: 'task', name: 'File the tax return' });
  const operations = habits.flatMap((activity_id, index) => Array.from({ length: DAYS }, (_, day) => ({ activity_id, index, day })))
    .filter(({ index, day }) => (day + index) % 5 !== 4)
    .map(({ activity_id, index, day }) => ({
      event: (day + index) % 7 === 3 ? 'activity.skipped' : 'activity.completed', activity_id, user_id: 'usr_maria', timestamp: new Date(Date.now() - (DAYS - day) * DAY_MS).toISOString(),
    }));
  await api('POST', '/v1/activities/bulk', { operations });
  return { receiver, goodEndpoint: good['id'], badEndpoint: bad['id'], habit: habits[0], campaign: await aCampaign(api, url) };
}

async function aCampaign(api: Api, url: string): Promise<Life['campaign']> {
  const { id } = await api('POST', '/v1/campaigns', { name: 'Launch week', status: 'active' });
  const task = await api('POST', `/v1/campaigns/${id}/tasks`, { name: 'First purchase', points: 100, max_awards: 1_000 });
  await api('POST', `/v1/campaigns/${id}/mappings`, { event_type: 'purchase_completed', task_id: task['id'] });
  const { key_id: keyId, secret } = await api('POST', `/v1/campaigns/${id}/inapp-keys`, { label: 'backend' });
  const ts = Math.floor(Date.now() / 1_000);
  for (const [index, wallet] of [WALLET, `0x${'ab'.repeat(20)}`, WALLET].entries()) {
    const body = { schema_version: '1.0', event_id: `evt_purchase_${index}`, event_type: 'purchase_completed', campaign_id: id, occurred_at: new Date().toISOString(), user: { wallet } };
    await callApi('POST', `${url}/user/inapp/webhooks`, { body, headers: { 'x-buzz-key-id': keyId, 'x-buzz-timestamp': String(ts), 'x-buzz-signature': signInAppEvent(secret, ts, body) } });
  }
  await eventually(async () => {
    if ((await api('GET', `/v1/campaigns/${id}/inapp-events`))['data'].length < 3) throw new Error('in-app events are still under way');
  });
  return { id, keyId, secret };
}

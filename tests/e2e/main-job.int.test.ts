import { signInAppEvent, verifyWebhook } from '@waggle/client';
import { callApi, eventually, openWindow, startReceiver, useStack, type Receiver } from '@waggle/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { expectDocumented } from '../documented-answers.ts';

// The whole product behind its gateway, as processes; the two guides' own example requests, word for word.
const stack = useStack();
const WALLET = '0x52908400098527886E0F7030069857D2E4169EE7';
let receiver: Receiver;
let systemKey: string;
let secret: string;
let campaign: { id: number; keyId: string; inappSecret: string };

const call = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
  callApi(method, `${stack.urlOf('gateway')}${path}`, { key: systemKey, body, ...(headers && { headers }) });
const create = async (path: string, body: unknown) => {
  const answer = await call('POST', path, body);
  expect(answer).toMatchObject({ status: 201 });
  return answer.body;
};

beforeAll(async () => {
  receiver = await startReceiver();
  await stack.start('behavior-core', { REMINDER_INTERVAL_MS: '1000' });
  await Promise.all([
    stack.start('ingress'),
    stack.start('event-log'),
    stack.start('outbound-dispatcher', { ALLOW_INSECURE_ENDPOINTS: 'true', EGRESS_ALLOW_CIDRS: '127.0.0.0/8' }),
    stack.start('gateway'),
  ]);
  ({ systemKey } = await stack.createWorkspace());
  await create('/v1/activities', { id: 'act_xyz789', user_id: 'usr_abc123', type: 'habit', name: 'Drink water', channels: ['telegram'] });
  ({ secret } = await create('/v1/webhooks/endpoints', { url: receiver.url('/hook'), event_types: ['activity.*', 'award.*'] }));

  const { id } = await create('/v1/campaigns', { name: 'Launch', status: 'active' });
  const task = await create(`/v1/campaigns/${id}/tasks`, { name: 'Buy something', points: 50 });
  await create(`/v1/campaigns/${id}/mappings`, { event_type: 'purchase_completed', task_id: task.id });
  const key = await create(`/v1/campaigns/${id}/inapp-keys`, { label: 'backend' });
  campaign = { id, keyId: key.key_id, inappSecret: key.secret };
}, 120_000);
afterAll(() => receiver?.stop());

test("the behavior guide's request changes the habit, reaches the receiver signed, and stands in the log", async () => {
  const answer = await call('POST', '/v1/webhooks/inbound', {
    event: 'activity.completed',
    activity_id: 'act_xyz789',
    user_id: 'usr_abc123',
    timestamp: '2026-03-28T08:12:44Z',
  });
  expect(answer).toMatchObject({ status: 200, body: { status: 'processed', activity: { id: 'act_xyz789', streak: { longest: 1 } } } });
  const [{ id: eventId }] = answer.body.events;

  const ofEvent = () => receiver.at('/hook').filter(({ headers }) => headers['webhook-id'] === eventId);
  await eventually(() => expect(ofEvent()).toHaveLength(1));
  const { headers, body: bytes } = ofEvent()[0]!;
  const body = bytes.toString();

  // The guide's example payload, field by field.
  expect(JSON.parse(body)).toEqual({
    event: 'activity.completed',
    timestamp: '2026-03-28T08:12:44Z',
    user_id: 'usr_abc123',
    activity: {
      id: 'act_xyz789', type: 'habit', name: 'Drink water', channel: 'telegram', occurrence_date: '2026-03-28', streak: { current: expect.any(Number), longest: 1 },
    },
    id: eventId,
  });
  expect(verifyWebhook(secret, body, headers)).toBe(true);
  expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
  expect(headers).toMatchObject({ 'content-type': 'application/json', 'x-buffy-event': 'activity.completed', 'x-buffy-delivery': expect.stringMatching(/^dlv_/), 'x-buffy-attempt': '1' });

  const inLog = await eventuallyOne(() => call('GET', `/v1/events?user_id=usr_abc123`), eventId);
  expect(inLog).toEqual({ ...JSON.parse(body), recorded_at: expect.any(String) });
  await eventually(async () => expect(await call('GET', `/v1/webhooks/deliveries/${headers['x-buffy-delivery']}`)).toMatchObject({
    status: 200, body: { status: 'succeeded', attempt_count: 1, body, attempts: [{ number: 1, status_code: 200, response_body: 'ok' }] },
  }));
});

test("the campaign guide's request is accepted, awards its points once, and everybody can see it", async () => {
  const body = {
    schema_version: '1.0',
    event_id: `evt_purchase_${Date.now()}`,
    event_type: 'purchase_completed',
    campaign_id: campaign.id,
    occurred_at: new Date().toISOString(),
    user: { wallet: WALLET },
  };
  const ts = Math.floor(Date.now() / 1000);
  const headers = { 'x-buzz-key-id': campaign.keyId, 'x-buzz-timestamp': String(ts), 'x-buzz-signature': signInAppEvent(campaign.inappSecret, ts, body) };
  expect(await call('POST', '/user/inapp/webhooks', body, headers)).toMatchObject({
    status: 200,
    body: { status: 200, message: 'Success !', data: { success: true, received: true, duplicate: false, event_id: body.event_id, processing_status: 'accepted', awards: [] } },
  });

  await eventually(async () => {
    const seen = await call('GET', `/v1/campaigns/${campaign.id}/inapp-events?event_id=${body.event_id}`);
    expect(seen.body.data).toMatchObject([{ processing_status: 'awarded', wallet: WALLET.toLowerCase(), body: JSON.stringify(body), awards: [{ points: 50 }] }]);
  });
  await eventually(async () => expect(await call('POST', '/user/inapp/webhooks', body, headers)).toMatchObject({
    status: 200, body: { data: { duplicate: true, processing_status: 'awarded', awards: [{ points: 50, wallet: WALLET.toLowerCase() }] } },
  }));

  const awards = () => receiver.at('/hook').filter(({ headers: given }) => given['x-buffy-event'] === 'award.granted');
  await eventually(() => expect(awards()).toHaveLength(1));
  const webhook = awards()[0]!;
  const payload = webhook.body.toString();
  expect(JSON.parse(payload)).toMatchObject({ event: 'award.granted', user_id: WALLET.toLowerCase(), award: { points: 50, event_id: body.event_id } });
  expect(verifyWebhook(secret, payload, webhook.headers)).toBe(true);
  await eventuallyOne(() => call('GET', '/v1/events?event=award.granted'), JSON.parse(payload).id);
  expect((await call('GET', `/v1/campaigns/${campaign.id}/leaderboard`)).body.data).toMatchObject([{ rank: 1, wallet: WALLET.toLowerCase(), points: 50, awards: 1 }]);

  // The wallet has had the task's points: the second answer says so, as the reference does.
  const again = { ...body, event_id: `${body.event_id}_again` };
  const signed = { ...headers, 'x-buzz-signature': signInAppEvent(campaign.inappSecret, ts, again) };
  await eventually(async () => {
    const answer = await call('POST', '/user/inapp/webhooks', again, signed);
    expectDocumented('POST /user/inapp/webhooks', answer);
    expect(answer.body.data).toMatchObject({ duplicate: true, processing_status: 'no_award', reason: 'already_awarded', awards: [] });
  });

  // What is taken back takes the same way.
  const { award } = JSON.parse(payload);
  const revoked = await call('POST', `/v1/campaigns/${campaign.id}/awards/${award.id}/revoke`, { reason: 'refunded' });
  expect(revoked).toMatchObject({ status: 200, body: { revokes: award.id, points: -50 } });
  const takenBack = () => receiver.at('/hook').filter(({ headers: given }) => given['x-buffy-event'] === 'award.revoked').map(({ body: bytes }) => JSON.parse(bytes.toString()));
  await eventually(() => expect(takenBack()).toMatchObject([{ user_id: WALLET.toLowerCase(), award: { revokes: award.id, points: -50 } }]));
  await eventuallyOne(() => call('GET', '/v1/events?event=award.revoked'), takenBack()[0].id);
  expect((await call('GET', `/v1/campaigns/${campaign.id}/leaderboard`)).body.data).toEqual([]);
});

async function eventuallyOne(ask: () => ReturnType<typeof call>, id: string) {
  let found: unknown[] = [];
  await eventually(async () => {
    found = (await ask()).body.data.filter((item: { id: string }) => item.id === id);
    expect(found).toHaveLength(1);
  });
  return found[0];
}

test('a reminder that is due reaches an endpoint that asked for it, and stands in the log', async () => {
  await create('/v1/webhooks/endpoints', { url: receiver.url('/reminded'), event_types: ['activity.*', 'reminder.sent'] });
  const habit = await create('/v1/activities', { user_id: 'usr_reminded', type: 'habit', name: 'Stretch', schedule: { window: openWindow() } });
  const sent = () => receiver.at('/reminded').map(({ body }) => JSON.parse(body.toString())).filter(({ event }) => event === 'reminder.sent');
  await eventually(() => expect(sent()).toHaveLength(1));
  expect(sent()[0]).toEqual({
    event: 'reminder.sent', timestamp: expect.any(String), user_id: 'usr_reminded', id: expect.stringMatching(/^evt_/),
    reminder: { id: expect.stringMatching(/^rem_/), type: 'nudge', name: 'Stretch', channel: 'feed', activity_id: habit.id, activity_type: 'habit', scheduled_for: expect.any(String) },
  });
  await eventually(async () => expect((await call('GET', '/v1/events?event=reminder.sent')).body.data).toEqual([{ ...sent()[0], recorded_at: expect.any(String) }]));
  expect((await call('GET', '/v1/users/usr_reminded/channels/feed/messages')).body.data.at(-1)).toMatchObject({ kind: 'reminder', text: 'Time for: Stretch', event_id: sent()[0].id });
});

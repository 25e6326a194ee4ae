import { campaignEvent } from '@waggle/contracts';
import { freePort } from '@waggle/local-stack';
import { eventually, feltWithin, useStack } from '@waggle/testkit';
import { beforeAll, expect, test } from '@jest/globals';
import { anEvent, createGiven, type Sender } from './inapp-given.ts';

// Two instances of ingress and two of the core, as processes.
const stack = useStack();
const facts = stack.collect(campaignEvent.topic);
let [first, second, coreUrl] = ['', '', ''];
const { admin, aSender, awardsOf, call, seenOf, send, workspace } = createGiven(stack, () => coreUrl);

async function startInstance(service: 'ingress' | 'behavior-core', name: string, overrides: NodeJS.ProcessEnv = {}) {
  const [port, internalPort] = [String(await freePort()), String(await freePort())];
  await stack.start(service, { INSTANCE_ID: name, PORT: port, INTERNAL_PORT: internalPort, ...overrides });
  return { url: `http://127.0.0.1:${port}`, internalUrl: `http://127.0.0.1:${internalPort}` };
}

beforeAll(async () => {
  const settings = { API_LIMIT_PER_MINUTE: '100000' };
  const cores = [await startInstance('behavior-core', 'core-1', settings), await startInstance('behavior-core', 'core-2', settings)];
  coreUrl = cores[0]!.url;
  await workspace();
  const CORE_INTERNAL_URLS = cores.map(({ internalUrl }) => internalUrl).join(',');
  first = (await startInstance('ingress', 'ingress-1', { CORE_INTERNAL_URLS })).url;
  second = (await startInstance('ingress', 'ingress-2', { CORE_INTERNAL_URLS })).url;
}, 90_000);

const wallet = (n: number) => `0x${n.toString(16).padStart(40, '0')}`;
const grantedOf = (eventId: unknown) => facts.map(({ value }) => JSON.parse(value)).filter(({ event, award }) => event === 'award.granted' && award.event_id === eventId);

/** Through both instances in turn, all at once. */
const sendAll = (sender: Sender, bodies: readonly unknown[]) => Promise.all(bodies.map((body, index) => send(sender, body, { url: index % 2 === 0 ? first : second })));

/** A later event with the same Kafka key, through the slower of the two: once it is processed, all before it are. */
async function fence(sender: Sender, of: string = wallet(1)) {
  for (const url of [first, second]) {
    const last = anEvent(sender, { user: { wallet: of } });
    await send(sender, last, { url });
    await eventually(async () => expect(await seenOf(sender, last['event_id'])).toBeDefined());
  }
}

test('one event sent two hundred times at once over two instances is awarded once', async () => {
  const sender = await aSender();
  const body = anEvent(sender, { user: { wallet: wallet(1) } });
  const answers = await sendAll(sender, Array<unknown>(200).fill(body));
  expect(answers.map(({ status }) => status)).toEqual(Array(200).fill(200));
  await fence(sender);
  expect(await seenOf(sender, body['event_id'])).toMatchObject({ processing_status: 'awarded', conflict: false });
  expect((await awardsOf(sender)).filter(({ event_id }: { event_id: string }) => event_id === body['event_id'])).toHaveLength(1);
  await eventually(() => expect(grantedOf(body['event_id'])).toHaveLength(1));
  expect((await admin(`/${sender.campaignId}/leaderboard`)).body.data).toEqual([{ rank: 1, wallet: wallet(1), points: 30, awards: 3 }]);
});

test('two hundred bodies under one event id at once, for as many wallets: one stands, flagged, and one wallet has points', async () => {
  const sender = await aSender();
  const base = anEvent(sender);
  const answers = await sendAll(sender, Array.from({ length: 200 }, (_, n) => ({ ...base, user: { wallet: wallet(n + 1) } })));
  expect(answers.map(({ status }) => status)).toEqual(Array(200).fill(200));
  await eventually(async () => expect(await seenOf(sender, base['event_id'])).toMatchObject({ processing_status: 'awarded', conflict: true }));
  for (const n of [1, 57, 111, 200]) await fence(sender, wallet(n));
  const awards = (await awardsOf(sender)).filter(({ event_id }: { event_id: string }) => event_id === base['event_id']);
  expect(awards).toHaveLength(1);
  expect(await seenOf(sender, base['event_id'])).toMatchObject({ wallet: awards[0].wallet });
  const prior = { duplicate: true, processing_status: 'awarded', awards: [{ wallet: awards[0].wallet }] };
  await eventually(async () => expect((await send(sender, base, { url: second })).body.data).toMatchObject(prior));
});

test('a cap is exact over both instances of the core', async () => {
  const sender = await aSender({ task: { recurrence: 'once', max_awards: 40 } });
  const answers = await sendAll(sender, Array.from({ length: 150 }, (_, n) => anEvent(sender, { user: { wallet: wallet(n + 1) } })));
  expect(answers.map(({ status }) => status)).toEqual(Array(150).fill(200));
  const seen = async (query = '') => (await admin(`/${sender.campaignId}/inapp-events?limit=200${query}`)).body.data;
  await eventually(async () => expect(await seen()).toHaveLength(150));
  expect(await seen('&status=awarded')).toHaveLength(40);
  expect((await seen('&status=no_award')).map(({ reason }: { reason: string }) => reason)).toEqual(Array(110).fill('cap_reached'));
  expect((await admin(`/${sender.campaignId}/tasks`)).body.data).toMatchObject([{ awards_used: 40 }]);
});

test('the limit of a key is one over both instances', async () => {
  const sender = await aSender({ key: { rate_limit_per_minute: 10 } });
  const answers = await sendAll(sender, Array.from({ length: 40 }, () => anEvent(sender)));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
  for (const { status, headers, body } of answers) {
    if (status === 200) continue;
    expect({ status, body }).toMatchObject({ status: 429, body: { code: 'quota_exceeded' } });
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  }
});

/** Within five seconds, and a question's time. */
const SOON_MS = 6_000;

const REVOCATIONS = [
  {
    what: 'a revoked key', code: 'invalid_signature', status: 401,
    change: (sender: Sender) => call('DELETE', `/${sender.campaignId}/inapp-keys/${sender.keyId}`),
  },
  {
    what: 'a switch that is off', code: 'inapp_webhooks_disabled', status: 403,
    change: (sender: Sender) => call('PATCH', `/${sender.campaignId}`, { inapp_webhooks_enabled: false }),
  },
  {
    what: 'a mapping that is switched off', code: 'event_type_not_mapped', status: 400,
    async change(sender: Sender) {
      const [mapping] = (await admin(`/${sender.campaignId}/mappings`)).body.data;
      return call('PATCH', `/${sender.campaignId}/mappings/${mapping.id}`, { active: false });
    },
  },
  {
    what: 'a task that is deleted', code: 'event_type_not_mapped', status: 400,
    async change(sender: Sender) {
      const [task] = (await admin(`/${sender.campaignId}/tasks`)).body.data;
      return call('DELETE', `/${sender.campaignId}/tasks/${task.id}`);
    },
  },
];

// All four at once: each takes its five seconds, and none has to do with another.
test(`${REVOCATIONS.map(({ what }) => what).join(', ')}: each is felt on both instances within five seconds`, async () => {
  await Promise.all(REVOCATIONS.map(async ({ what, change, status, code }) => {
    const sender = await aSender();
    const answerOf = async (url: string) => ({ what, ...await send(sender, anEvent(sender), { url }) });
    for (const url of [first, second]) expect(await answerOf(url)).toMatchObject({ what, status: 200 });
    expect([200, 204]).toContain((await change(sender)).status);
    const refusal = { what, status, body: { code } };
    await Promise.all([first, second].map((url) => feltWithin(SOON_MS, () => answerOf(url), (answer) => expect(answer).toMatchObject(refusal))));
    for (const url of [first, second]) expect(await answerOf(url)).toMatchObject(refusal);
  }));
}, 30_000);

test('a switch that is on again is felt within five seconds, a mapping at once', async () => {
  const sender = await aSender({ campaign: { inapp_webhooks_enabled: false } });
  for (const url of [first, second]) expect((await send(sender, anEvent(sender), { url })).status).toBe(403);
  await call('PATCH', `/${sender.campaignId}`, { inapp_webhooks_enabled: true });
  await Promise.all([first, second].map((url) => feltWithin(SOON_MS, () => send(sender, anEvent(sender), { url }), (answer) => expect(answer.status).toBe(200))));
  const shared = () => anEvent(sender, { event_type: 'shared' });
  for (const url of [first, second]) expect(await send(sender, shared(), { url })).toMatchObject({ status: 400, body: { code: 'event_type_not_mapped' } });
  const [task] = (await admin(`/${sender.campaignId}/tasks`)).body.data;
  await admin(`/${sender.campaignId}/mappings`, { event_type: 'shared', task_id: task.id });
  for (const url of [first, second]) expect((await send(sender, shared(), { url })).status).toBe(200);
});

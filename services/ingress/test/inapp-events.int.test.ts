import { createServer, request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { inappDigest } from '@waggle/client';
import { campaignEvent, inappEvent } from '@waggle/contracts';
import { freePort, type ServerProcess } from '@waggle/local-stack';
import { AS_DELIVERED, eventually, startInstance, useStack } from '@waggle/testkit';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';
import { anEvent, createGiven, seconds, type Sender } from './inapp-given.ts';

const stack = useStack();
const accepted = stack.collect(inappEvent.topic);
const facts = stack.collect(campaignEvent.topic);
const redis = new Redis(stack.redisUrl, { lazyConnect: true });
const { admin, aSender, awardsOf, call, seenOf, send, workspace } = createGiven(stack);
let core: ServerProcess;
let shop: Sender;

/** A later event with the same Kafka key: once it is processed, all before it are. */
/** Whatever was sent before is done and told. */
async function fence(sender: Sender) {
  const last = anEvent(sender);
  await send(sender, last);
  await eventually(() => expect(facts.some(({ value }) => value.includes(String(last['event_id'])))).toBe(true));
}

beforeAll(async () => {
  core = await stack.start('behavior-core', { API_LIMIT_PER_MINUTE: '100000' });
  await workspace();
  await redis.connect();
  const component = { name: 'redis for looking', start: async () => {}, stop: async () => redis.disconnect(), health: () => null };
  await stack.run([component, ...createApp(loadConfig(stack.envOf('ingress'))).components]);
  shop = await aSender();
}, 60_000);

const refusal = (status: number, code: string) => ({ status, body: { status, message: expect.any(String), data: null, code } });

test("the guide's example is accepted, awarded, and visible to the operator word for word", async () => {
  const sender = await aSender();
  const body = anEvent(sender, { note: 'a further field' });
  const wire = JSON.stringify(body, null, 2);
  const answer = await send(sender, body, { wire, headers: { 'Content-Type': 'application/json; charset=utf-8' } });
  expect(answer).toMatchObject({ status: 200 });
  expect(answer.body).toEqual({
    status: 200, message: 'Success !',
    data: { success: true, received: true, duplicate: false, event_id: body['event_id'], processing_status: 'accepted', awards: [] },
  });
  expect(answer.headers.get('ratelimit-policy')).toBe('"inapp";q=10000;w=60');
  expect(answer.headers.get('ratelimit')).toMatch(/^"inapp";r=9999;t=\d+$/);
  expect(answer.headers.get('x-request-id')).toMatch(/^req_/);

  await eventually(async () => expect(await seenOf(sender, body['event_id'])).toMatchObject({ processing_status: 'awarded' }));
  expect(await seenOf(sender, body['event_id'])).toMatchObject({
    body: wire, wallet: '0x52908400098527886e0f7030069857d2e4169ee7', environment: 'live', key_id: sender.keyId, conflict: false,
    awards: [{ points: 10, event_id: body['event_id'], wallet: '0x52908400098527886e0f7030069857d2e4169ee7' }],
  });
  expect((await admin(`/${sender.campaignId}/leaderboard`)).body.data).toMatchObject([{ rank: 1, points: 10, awards: 1 }]);
  const find = () => accepted.find(({ value }) => JSON.parse(value).event_id === body['event_id']);
  await eventually(() => expect(find()).toBeDefined());
  const record = find();
  expect(record).toMatchObject({ key: `${sender.campaignId}:0x52908400098527886e0f7030069857d2e4169ee7` });
  expect(JSON.parse(record!.value)).toMatchObject({ digest: inappDigest(body), body: wire });
});

describe('a duplicate', () => {
  test('is answered with what became of the first, and awarded once', async () => {
    const sender = await aSender();
    const body = anEvent(sender);
    await send(sender, body);
    expect(await send(sender, body)).toMatchObject({ status: 200, body: { data: { duplicate: true } } });
    await eventually(async () => expect(await send(sender, body)).toMatchObject({
      status: 200,
      body: { data: { duplicate: true, event_id: body['event_id'], processing_status: 'awarded', awards: [{ points: 10, event_id: body['event_id'], revokes: null }] } },
    }));
    await fence(sender);
    expect((await awardsOf(sender)).filter(({ event_id }: { event_id: string }) => event_id === body['event_id'])).toHaveLength(1);
  });

  test('of an event that awarded nothing is told why', async () => {
    const sender = await aSender({ campaign: { status: 'draft' } });
    const body = anEvent(sender);
    expect(await send(sender, body)).toMatchObject({ status: 200, body: { data: { processing_status: 'accepted' } } });
    await eventually(async () => expect((await send(sender, body)).body.data).toMatchObject({
      duplicate: true, processing_status: 'no_award', reason: 'campaign_not_active', awards: [],
    }));
  });

  test('with another body leaves the first one standing, and the operator sees a conflict', async () => {
    const sender = await aSender();
    const first = anEvent(sender);
    await send(sender, first);
    await eventually(async () => expect(await seenOf(sender, first['event_id'])).toMatchObject({ processing_status: 'awarded', conflict: false }));
    const other = { ...first, user: { wallet: `0x${'1'.repeat(40)}` } };
    await eventually(async () => expect(await send(sender, other)).toMatchObject({ status: 200, body: { data: { duplicate: true, awards: [{ points: 10 }] } } }));
    await eventually(async () => expect(await seenOf(sender, first['event_id'])).toMatchObject({ conflict: true, body: JSON.stringify(first) }));
    expect(await awardsOf(sender)).toHaveLength(1);
  });

  test('sent fifty times at once is awarded once, and each is a 200', async () => {
    const sender = await aSender();
    const body = anEvent(sender);
    const answers = await Promise.all(Array.from({ length: 50 }, () => send(sender, body)));
    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200));
    await fence(sender);
    expect((await awardsOf(sender)).filter(({ event_id }: { event_id: string }) => event_id === body['event_id'])).toHaveLength(1);
    const granted = facts.map(({ value }) => JSON.parse(value)).filter((fact) => fact.event === 'award.granted' && fact.award.event_id === body['event_id']);
    expect(granted).toHaveLength(1);
  });

  test('is awarded once although Redis was emptied in between', async () => {
    const sender = await aSender();
    const body = anEvent(sender);
    await send(sender, body);
    // The core writes to Redis after its commit, and may not after it was emptied.
    await eventually(async () => expect(await send(sender, body)).toMatchObject({ body: { data: { duplicate: true, processing_status: 'awarded' } } }));
    await redis.flushdb();
    expect(await send(sender, body)).toMatchObject({ status: 200, body: { data: { duplicate: false } } });
    await eventually(async () => expect(await send(sender, body)).toMatchObject({ body: { data: { duplicate: true, processing_status: 'awarded' } } }));
    expect(await awardsOf(sender)).toHaveLength(1);
  });

  test('is another event with another key', async () => {
    const [sender, other] = [await aSender(), await aSender()];
    const body = anEvent(sender);
    await send(sender, body);
    expect(await send(other, { ...body, campaign_id: other.campaignId })).toMatchObject({ status: 200, body: { data: { duplicate: false } } });
  });
});

describe('refused', () => {
  test.each([
    { description: 'no key id', headers: { 'X-Buzz-Key-Id': undefined }, code: 'invalid_headers' },
    { description: 'no timestamp', headers: { 'X-Buzz-Timestamp': undefined }, code: 'invalid_headers' },
    { description: 'no signature', headers: { 'X-Buzz-Signature': undefined }, code: 'invalid_headers' },
    { description: 'a timestamp that is no integer', headers: { 'X-Buzz-Timestamp': '12.5' }, code: 'invalid_headers' },
    { description: 'a content type other than JSON', headers: { 'Content-Type': 'text/plain' }, code: 'invalid_headers' },
    { description: 'an unknown key', headers: { 'X-Buzz-Key-Id': 'ick_unknown' }, code: 'invalid_signature' },
    { description: 'a key id that is none of ours', headers: { 'X-Buzz-Key-Id': 'somebody' }, code: 'invalid_signature' },
    { description: 'a bad signature', headers: { 'X-Buzz-Signature': 'ab'.repeat(32) }, code: 'invalid_signature' },
  ])('401 $code for $description', async ({ headers, code }) => {
    expect(await send(shop, anEvent(shop), { headers })).toMatchObject(refusal(401, code));
  });

  test('an unknown key and a bad signature are told by one text', async () => {
    const [unknown, bad] = [
      await send({ ...shop, keyId: 'ick_unknown' }, anEvent(shop)), await send(shop, anEvent(shop), { headers: { 'X-Buzz-Signature': 'ab'.repeat(32) } }),
    ];
    expect(unknown.body).toEqual(bad.body);
  });

  test('a bad signature under a known key costs a question to the core, as an unknown key does', async () => {
    const { CORE_INTERNAL_URLS: coreUrl } = stack.envOf('ingress');
    let questions = 0;
    const counting = createServer((incoming, answer) => {
      questions++;
      incoming.pipe(request(`${coreUrl}${incoming.url}`, { method: incoming.method, headers: incoming.headers }, (answered) => {
        answer.writeHead(answered.statusCode ?? 500, answered.headers);
        answered.pipe(answer);
      }));
    });
    await new Promise<void>((resolve) => counting.listen(0, '127.0.0.1', resolve));
    const port = await freePort();
    const settings = { PORT: String(port), INTERNAL_PORT: String(await freePort()), INSTANCE_ID: 'counted', CORE_INTERNAL_URLS: `http://127.0.0.1:${Object(counting.address()).port}` };
    const stop = await stack.run(createApp(loadConfig(stack.envOf('ingress', settings))).components);
    const url = `http://127.0.0.1:${port}`;
    const asked = async (sending: Promise<unknown>) => {
      const before = questions;
      await sending;
      return questions - before;
    };
    await send(shop, anEvent(shop), { url });
    expect(await asked(send(shop, anEvent(shop), { url }))).toBe(0);
    expect(await asked(send({ ...shop, keyId: 'ick_unknown' }, anEvent(shop), { url }))).toBe(1);
    expect(await asked(send(shop, anEvent(shop), { url, headers: { 'X-Buzz-Signature': 'ab'.repeat(32) } }))).toBe(1);
    await stop();
    counting.close();
  });

  test.each([-302, 302])('401 timestamp_out_of_range %i s from now', async (apart) => {
    expect(await send(shop, anEvent(shop), { at: seconds() + apart })).toMatchObject(refusal(401, 'timestamp_out_of_range'));
    expect(await send(shop, anEvent(shop), { at: seconds() + Math.sign(apart) * 295 })).toMatchObject({ status: 200 });
  });

  const deep = (depth: number) => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);

  test.each([
    { description: 'text that is not JSON', wire: '{"schema_version":' },
    { description: 'no body at all', wire: '' },
    { description: 'bytes that are not UTF-8', wire: Buffer.from([0x22, 0xff, 0x22]) },
    { description: 'a byte order mark', wire: '\ufeff{}' },
    { description: 'nesting beyond reason', wire: JSON.stringify(deep(1_001)) },
    { description: 'a compressed body', wire: gzipSync('{}'), headers: { 'Content-Encoding': 'gzip' } },
  ])('400 invalid_json for $description', async ({ wire, headers = {} }) => {
    expect(await send(shop, anEvent(shop), { wire, headers })).toMatchObject(refusal(400, 'invalid_json'));
  });

  const WEEK_MS = 7 * 86_400_000;
  test.each<{ description: string; body: object }>([
    { description: 'a body that is no object', body: [] },
    { description: 'another schema version', body: { schema_version: '1.1' } },
    { description: 'a schema version that is a number', body: { schema_version: 1 } },
    { description: 'no event id', body: { event_id: undefined } },
    { description: 'an empty event id', body: { event_id: '' } },
    { description: 'an event id of 65 characters', body: { event_id: 'x'.repeat(65) } },
    { description: 'a control character in an event id', body: { event_id: 'a\u0000b' } },
    { description: 'a lone surrogate in an event id', body: { event_id: '\ud800' } },
    { description: 'a line break in an event type', body: { event_type: 'a\nb' } },
    { description: 'an event type of 65 characters', body: { event_type: 'x'.repeat(65) } },
    { description: 'a campaign id as text', body: { campaign_id: '42' } },
    { description: 'a campaign id of zero', body: { campaign_id: 0 } },
    { description: 'half a campaign', body: { campaign_id: 1.5 } },
    { description: 'a campaign id that JSON cannot tell', body: { campaign_id: 2 ** 53 } },
    { description: 'a time without an offset', body: { occurred_at: '2026-01-02T03:04:05' } },
    { description: 'a day that is none', body: { occurred_at: '2026-02-30T00:00:00Z' } },
    { description: 'a time that cannot be kept', body: { occurred_at: '0000-01-01T00:00:00Z' } },
    { description: 'a time more than 7 days ahead', body: { occurred_at: new Date(Date.now() + WEEK_MS + 3_600_000).toISOString() } },
    { description: 'a wallet that is too short', body: { user: { wallet: `0x${'a'.repeat(39)}` } } },
    { description: 'a wallet without 0x', body: { user: { wallet: 'a'.repeat(42) } } },
    { description: 'no wallet', body: { user: {} } },
    { description: 'a user that is null', body: { user: null } },
  ])('400 validation_failed for $description', async ({ body }) => {
    const given = Array.isArray(body) ? body : JSON.parse(JSON.stringify(anEvent(shop, body)));
    expect(await send(shop, given)).toMatchObject(refusal(400, 'validation_failed'));
  });

  test('400 campaign_mismatch, 400 event_type_not_mapped, 403 for a campaign with the switch off', async () => {
    const disabled = await aSender({ campaign: { inapp_webhooks_enabled: false } });
    expect(await send(shop, anEvent(disabled))).toMatchObject(refusal(400, 'campaign_mismatch'));
    expect(await send(shop, anEvent(shop, { event_type: 'signup_completed' }))).toMatchObject(refusal(400, 'event_type_not_mapped'));
    expect(await send(disabled, anEvent(disabled))).toMatchObject(refusal(403, 'inapp_webhooks_disabled'));
  });

  test('400 payload_too_large beyond 65,536 bytes, whether it says its length or not', async () => {
    const padded = (size: number) => {
      const body = anEvent(shop, { padding: '' });
      return { ...body, padding: 'x'.repeat(size - JSON.stringify(body).length) };
    };
    expect(await send(shop, padded(65_536))).toMatchObject({ status: 200 });
    expect(await send(shop, padded(65_537))).toMatchObject(refusal(400, 'payload_too_large'));
    const stream = new Blob([JSON.stringify(padded(65_537))]).stream();
    expect(await send(shop, padded(65_537), { wire: stream })).toMatchObject(refusal(400, 'payload_too_large'));
  });

  test('429 beyond the limit of the key, whatever became of the requests before; bad signatures are not charged', async () => {
    const sender = await aSender({ key: { rate_limit_per_minute: 3 } });
    const body = anEvent(sender);
    for (let n = 0; n < 5; n++) await send(sender, body, { headers: { 'X-Buzz-Signature': 'ab'.repeat(32) } });
    const statuses = [];
    for (const given of [body, body, { ...body, campaign_id: 1 }]) statuses.push((await send(sender, given)).status);
    expect(statuses).toEqual([200, 200, 400]);
    // Over the limit comes before what is wrong with the body, and before its being known already.
    expect(await send(sender, {})).toMatchObject(refusal(429, 'quota_exceeded'));
    const refused = await send(sender, body);
    expect(refused).toMatchObject(refusal(429, 'quota_exceeded'));
    expect(refused.headers.get('ratelimit')).toMatch(/^"inapp";r=0;t=\d+$/);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(50);
  });

  test.each([
    { first: 'size before headers', code: 'payload_too_large', body: { big: 'x'.repeat(70_000) }, options: { headers: { 'X-Buzz-Key-Id': undefined } } },
    { first: 'headers before JSON', code: 'invalid_headers', body: {}, options: { headers: { 'X-Buzz-Key-Id': undefined }, wire: '{' } },
    { first: 'headers before compression', code: 'invalid_headers', body: {}, options: { headers: { 'X-Buzz-Key-Id': undefined, 'Content-Encoding': 'gzip' }, wire: gzipSync('{}') } },
    { first: 'JSON before timestamp', code: 'invalid_json', body: {}, options: { at: 1, wire: '{' } },
    { first: 'timestamp before key', code: 'timestamp_out_of_range', body: {}, options: { at: 1, headers: { 'X-Buzz-Key-Id': 'ick_unknown' } } },
    { first: 'signature before schema', code: 'invalid_signature', body: {}, options: { headers: { 'X-Buzz-Signature': 'ab'.repeat(32) } } },
    { first: 'schema before campaign', code: 'validation_failed', body: { campaign_id: 1 }, options: {} },
  ])('in order: $first', async ({ code, body, options }) => {
    expect(await send(shop, body, options)).toMatchObject({ body: { code } });
  });

  test('in order: campaign before switch before mapping', async () => {
    const disabled = await aSender({ campaign: { inapp_webhooks_enabled: false } });
    expect(await send(disabled, anEvent(shop, { event_type: 'other' }))).toMatchObject({ body: { code: 'campaign_mismatch' } });
    expect(await send(disabled, anEvent(disabled, { event_type: 'other' }))).toMatchObject({ body: { code: 'inapp_webhooks_disabled' } });
  });

  test('duplicate keys count as JSON.parse has them, and __proto__ is a key like any other', async () => {
    const body = anEvent(shop);
    const text = JSON.stringify(body);
    const doubled = `{"event_id":"first",${text.slice(1, -1)},"__proto__":{"schema_version":"2.0"}}`;
    expect(await send(shop, JSON.parse(doubled), { wire: doubled })).toMatchObject({ status: 200, body: { data: { event_id: body['event_id'] } } });
    const smuggled = text.replace('"schema_version":"1.0"', '"__proto__":{"schema_version":"1.0"}');
    expect(await send(shop, JSON.parse(smuggled), { wire: smuggled })).toMatchObject(refusal(400, 'validation_failed'));
  });

  test('a method other than POST is not there', async () => {
    expect((await fetch(`${stack.urlOf('ingress')}/user/inapp/webhooks`)).status).toBe(405);
  });

  test('what was refused left nothing behind', async () => {
    for (const { value } of accepted) expect(JSON.parse(value).event_type).toBe('purchase_completed');
  });
});

test('a mapping works at once', async () => {
  const sender = await aSender();
  expect(await send(sender, anEvent(sender, { event_type: 'signup_completed' }))).toMatchObject(refusal(400, 'event_type_not_mapped'));
  const { id } = (await admin(`/${sender.campaignId}/tasks`)).body.data[0];
  await admin(`/${sender.campaignId}/mappings`, { event_type: 'signup_completed', task_id: id });
  expect(await send(sender, anEvent(sender, { event_type: 'signup_completed' }))).toMatchObject({ status: 200 });
});

test('a revoked key is refused within seconds', async () => {
  const sender = await aSender();
  expect((await send(sender, anEvent(sender))).status).toBe(200);
  expect((await call('DELETE', `/${sender.campaignId}/inapp-keys/${sender.keyId}`)).status).toBe(204);
  await eventually(async () => expect(await send(sender, anEvent(sender))).toMatchObject(refusal(401, 'invalid_signature')));
});

test('an event of a test key is seen apart', async () => {
  const sender = await aSender({ key: { environment: 'test' } });
  const body = anEvent(sender);
  await send(sender, body);
  await eventually(async () => expect(await seenOf(sender, body['event_id'])).toMatchObject({ environment: 'test', processing_status: 'awarded' }));
  expect(await awardsOf(sender)).toEqual([]);
  expect((await admin(`/${sender.campaignId}/awards?environment=test`)).body.data).toHaveLength(1);
  expect((await admin(`/${sender.campaignId}/leaderboard`)).body.data).toEqual([]);
});

// A broker in a container is not ours to freeze.
const testWithOwnBroker = stack.kafkaPid === 0 ? test.skip : test;

testWithOwnBroker('503 when Kafka does not acknowledge; sent again it counts once', async () => {
  const sender = await aSender();
  const body = anEvent(sender);
  const { url } = await startInstance(stack, 'ingress', AS_DELIVERED);
  process.kill(stack.kafkaPid, 'SIGSTOP');
  const refused = await send(sender, body, { url }).finally(() => process.kill(stack.kafkaPid, 'SIGCONT'));
  expect(refused).toMatchObject(refusal(503, 'unavailable'));
  expect(refused.headers.get('retry-after')).toBe('1');
  await eventually(async () => expect(await send(sender, body)).toMatchObject({ status: 200 }));
  await eventually(async () => expect(await seenOf(sender, body['event_id'])).toMatchObject({ processing_status: 'awarded' }));
  expect(await awardsOf(sender)).toHaveLength(1);
}, 60_000);

test('however long the core was away, the first body under an id stands, whichever partitions the wallets belong to', async () => {
  const sender = await aSender();
  await send(sender, anEvent(sender));
  await core.stop();
  const wallet = (n: number) => `0x${n.toString(16).padStart(40, '0')}`;
  const firsts = Array.from({ length: 10 }, (_, n) => anEvent(sender, { user: { wallet: wallet(n + 1) } }));
  for (const first of firsts) expect((await send(sender, first)).body.data).toMatchObject({ duplicate: false });
  for (const [n, first] of firsts.entries()) expect((await send(sender, { ...first, user: { wallet: wallet(n + 101) } })).body.data).toMatchObject({ duplicate: true });
  await core.restart();
  for (const [n, first] of firsts.entries()) {
    await eventually(async () => expect(await seenOf(sender, first['event_id'])).toMatchObject({ wallet: wallet(n + 1), conflict: true }));
  }
  // What the core has written into the receipt says it too.
  const [first] = firsts;
  await eventually(async () => expect((await send(sender, first)).body.data).toMatchObject({ processing_status: 'awarded' }));
  await send(sender, { ...first, user: { wallet: wallet(201) } });
  const keysOf = (eventId: unknown) => accepted.filter(({ value }) => JSON.parse(value).event_id === eventId).map(({ key }) => key);
  await eventually(() => expect(keysOf(first!['event_id'])).toEqual(Array(3).fill(`${sender.campaignId}:${wallet(1)}`)));
}, 60_000);

test('with the core away known keys are accepted on, unknown ones are told to come again', async () => {
  const sender = await aSender();
  await send(sender, anEvent(sender));
  await core.stop();
  expect((await send(sender, anEvent(sender))).status).toBe(200);
  expect(await send({ ...sender, keyId: 'ick_not_asked_yet' }, anEvent(sender))).toMatchObject(refusal(503, 'unavailable'));
  await core.restart();
  expect(await send({ ...sender, keyId: 'ick_not_asked_yet' }, anEvent(sender))).toMatchObject(refusal(401, 'invalid_signature'));
}, 60_000);

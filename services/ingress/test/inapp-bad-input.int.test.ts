import { once } from 'node:events';
import { signInAppEvent } from '@waggle/client';
import { inappEvent } from '@waggle/contracts';
import { eventually, useStack } from '@waggle/testkit';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';
import { TAKEN, VARIANTS, type Variant } from './inapp-bad-input.ts';
import { abandon, anEvent, createGiven, exchange, open, seconds, type Sender } from './inapp-given.ts';

const stack = useStack();
const accepted = stack.collect(inappEvent.topic);
const { aSender, send, workspace } = createGiven(stack);
const PATH = '/user/inapp/webhooks';
let shop: Sender;
let stop: () => Promise<void>;

beforeAll(async () => {
  await stack.start('behavior-core', { API_LIMIT_PER_MINUTE: '100000' });
  await workspace();
  stop = await stack.run(createApp(loadConfig({ ...stack.envOf('ingress'), BODY_TIMEOUT_MS: '3000' })).components);
  shop = await aSender();
}, 60_000);

/** What a spoiled request is signed as: what a server would read, or nothing. */
function readable(wire: string | Uint8Array): unknown {
  try {
    return JSON.parse(typeof wire === 'string' ? wire : new TextDecoder('utf-8', { fatal: true }).decode(wire));
  } catch {
    return {};
  }
}

function requestOf({ body, wire, headers = {}, isChunked = false }: Omit<Variant, 'code'>) {
  const event = anEvent(shop);
  // A string that JSON.stringify would leave out is left out here too.
  const text = JSON.stringify(body === undefined ? event : body(event));
  const bytes = Buffer.from(wire === undefined ? text : wire(text));
  const at = seconds();
  const signature = signInAppEvent(shop.secret, at, readable(wire === undefined ? text : wire(text)));
  const right: Record<string, string> = {
    'Content-Type': 'application/json', 'X-Buzz-Key-Id': shop.keyId, 'X-Buzz-Timestamp': String(at), 'X-Buzz-Signature': signature,
    ...(isChunked ? { 'Transfer-Encoding': 'chunked' } : { 'Content-Length': String(bytes.length) }),
  };
  const names = [...new Set([...Object.keys(right), ...Object.keys(headers)])];
  const lines = names.flatMap((name) => {
    const value = headers[name] === undefined ? right[name] : headers[name](right[name] ?? '');
    return [value ?? []].flat().map((one) => `${name}: ${one}`);
  });
  const chunked = [`${bytes.length.toString(16)}\r\n`, bytes, '\r\n0\r\n\r\n'];
  return { head: [`POST ${PATH} HTTP/1.1`, ...lines], pieces: isChunked ? (bytes.length === 0 ? ['0\r\n\r\n'] : chunked) : [bytes] };
}

const url = () => stack.urlOf('ingress');

test('there are far more than sixty ways', () => {
  expect(new Set(VARIANTS.map(({ description }) => description)).size).toBeGreaterThanOrEqual(200);
});

describe('refused, never with a 5xx', () => {
  test.each(VARIANTS)('$code: $description', async (variant) => {
    const { status, body } = await exchange(url(), requestOf(variant));
    if (variant.code === null) {
      expect([400, 417, 431]).toContain(status);
      return;
    }
    const expected = ['invalid_headers', 'timestamp_out_of_range', 'invalid_signature'].includes(variant.code) ? 401 : 400;
    expect({ status, body: JSON.parse(body) }).toEqual({ status: expected, body: { status: expected, message: expect.any(String), data: null, code: variant.code } });
  });
});

describe('taken, although unusual', () => {
  test.each(TAKEN)('$description', async (variant) => {
    const { status, body } = await exchange(url(), requestOf(variant));
    expect({ status, body }).toMatchObject({ status: 200, body: expect.stringContaining('"duplicate":false') });
  });
});

describe('in pieces', () => {
  test('a body that comes drop by drop is taken', async () => {
    const { head, pieces: [whole = ''] } = requestOf({ description: '' });
    const bytes = Buffer.from(whole);
    const drops = Array.from({ length: 20 }, (_, index) => bytes.subarray(Math.floor(index * bytes.length / 20), Math.floor((index + 1) * bytes.length / 20)));
    expect(await exchange(url(), { head, pieces: drops, pauseMs: 25 })).toMatchObject({ status: 200 });
  });

  test('chunks whose size is none, or that break off, are a 400 or nothing', async () => {
    const { head } = requestOf({ description: '', isChunked: true });
    expect(await exchange(url(), { head, pieces: ['zz\r\n{}\r\n0\r\n\r\n'] })).toMatchObject({ status: 400 });
    expect(await exchange(url(), { head, pieces: ['ffffffffffffffffff\r\n{}'] })).toMatchObject({ status: 400 });
  });

  test('chunks without end are refused at the limit, long before they end', async () => {
    const { head } = requestOf({ description: '', isChunked: true });
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
    const { status, body } = await exchange(url(), { head, pieces: Array.from({ length: 6 }, () => chunk), pauseMs: 5 });
    expect({ status, body: JSON.parse(body) }).toMatchObject({ status: 400, body: { code: 'payload_too_large' } });
  });

  test('a body that never ends is cut off with 408, which names the request as every answer does', async () => {
    const { head, pieces: [whole = ''] } = requestOf({ description: '' });
    const inbound = ['POST /v1/webhooks/inbound HTTP/1.1', `Authorization: Bearer ${(await stack.createWorkspace()).systemKey}`, 'Content-Type: application/json', 'Content-Length: 99'];
    const answers = await Promise.all([head, inbound].map((of) => exchange(url(), { head: of, pieces: [Buffer.from(whole).subarray(0, 50)] })));
    const cutOff = { status: 408, head: expect.stringMatching(/\r\nX-Request-Id: req_[-0-9a-f]{36}\r\n(.*\r\n)*Connection: close\r\n/i), body: '' };
    expect(answers).toEqual([cutOff, cutOff]);
  });

  test('two hundred who open a body and leave are felt by nobody', async () => {
    const { head, pieces: [whole = ''] } = requestOf({ description: '' });
    const half = Buffer.from(whole).subarray(0, 50);
    await Promise.all(Array.from({ length: 200 }, () => abandon(url(), { head, pieces: [half] })));
    expect((await send(shop, anEvent(shop))).status).toBe(200);
  });
});

test('after all that no prototype is polluted, what is good is taken, and nothing else came through', async () => {
  expect(Reflect.get({}, 'polluted')).toBeUndefined();
  expect(Reflect.get(Object, 'polluted')).toBeUndefined();
  const last = anEvent(shop);
  expect(await send(shop, last)).toMatchObject({ status: 200 });
  const events = () => accepted.map(({ value }) => JSON.parse(value));
  await eventually(() => expect(events().some(({ event_id }) => event_id === last['event_id'])).toBe(true));
  // The unusual, the drop by drop, and two of the ordinary.
  expect(events()).toHaveLength(TAKEN.length + 3);
});

test('ingress stops, although some go on sending what was refused unread', async () => {
  const { head } = requestOf({ description: '', isChunked: true });
  const socket = open(url(), [...head, 'Content-Length: 99999999999'].filter((line) => !line.startsWith('Transfer-Encoding')));
  await once(socket, 'data');
  await stop();
}, 2_000);

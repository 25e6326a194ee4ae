import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { afterEach, expect, test } from '@jest/globals';
import { createInAppSender, InAppRefused, InAppUndelivered, type InAppEvent, type InAppSenderSettings } from './inapp-sender.ts';
import { signInAppEvent } from './inapp-signature.ts';

const EVENT: InAppEvent = {
  schema_version: '1.0', event_id: 'evt_1', event_type: 'purchase_completed', campaign_id: 42, occurred_at: '2026-01-02T03:04:05.000Z',
  user: { wallet: '0x52908400098527886E0F7030069857D2E4169EE7' }, basket: { '10': 1, '9': 'ü' },
};
const DATA = { success: true, received: true, duplicate: false, event_id: 'evt_1', processing_status: 'accepted', awards: [] };
const TAKEN: Turn = { status: 200, body: JSON.stringify({ status: 200, message: 'Success !', data: DATA }) };
const START = Date.parse('2026-01-02T03:04:05.900Z');

/** What the server does with a request: answer, break off, or say nothing. */
type Turn = { status: number; headers?: Record<string, string>; body?: string } | 'break' | 'silence';
const refusal = (status: number, code: string, headers: Record<string, string> = {}): Turn => ({ status, headers, body: JSON.stringify({ status, message: `It is ${code}`, data: null, code }) });

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** A real server that takes turns, and a sender with a clock that moves only while it waits. */
async function given(turns: readonly Turn[], settings: Partial<InAppSenderSettings> = {}) {
  const received: { path: string | undefined; headers: IncomingHttpHeaders; body: string }[] = [];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({ path: request.url, headers: request.headers, body: Buffer.concat(chunks).toString() });
      const turn = turns[Math.min(received.length, turns.length) - 1]!;
      if (turn === 'break') request.socket.destroy();
      else if (turn !== 'silence') response.writeHead(turn.status, turn.headers).end(turn.body ?? '');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const waits: number[] = [];
  let now = START;
  const edge = {
    fetch: (url: string, init: RequestInit) => fetch(url, init),
    now: () => now,
    async pause(ms: number) {
      waits.push(ms);
      now += ms;
    },
  };
  const send = createInAppSender({ baseUrl: `http://127.0.0.1:${port}/`, keyId: 'ick_1', secret: 'wgis_1', ...settings }, edge);
  return { send, received, waits };
}

test('an event goes out signed, and what was answered comes back', async () => {
  const { send, received, waits } = await given([TAKEN]);
  expect(await send(EVENT)).toEqual(DATA);
  expect(waits).toEqual([]);
  expect(received).toMatchObject([{
    path: '/user/inapp/webhooks', body: JSON.stringify(EVENT),
    headers: { 'content-type': 'application/json', 'x-buzz-key-id': 'ick_1', 'x-buzz-timestamp': '1767323045', 'x-buzz-signature': signInAppEvent('wgis_1', 1_767_323_045, EVENT) },
  }]);
});

test('Retry-After is waited for, and the next attempt is signed anew over the same body', async () => {
  const { send, received, waits } = await given([refusal(429, 'quota_exceeded', { 'retry-after': '17' }), refusal(503, 'unavailable', { 'retry-after': '1' }), TAKEN]);
  await send(EVENT);
  expect(waits).toEqual([17_000, 1_000]);
  expect(received.map(({ headers }) => headers['x-buzz-timestamp'])).toEqual(['1767323045', '1767323062', '1767323063']);
  expect(new Set(received.map(({ body }) => body)).size).toBe(1);
  for (const { headers } of received) expect(headers['x-buzz-signature']).toBe(signInAppEvent('wgis_1', String(headers['x-buzz-timestamp']), EVENT));
});

test('Retry-After may be a date', async () => {
  const { send, waits } = await given([refusal(503, 'unavailable', { 'retry-after': new Date(START + 9_100).toUTCString() }), TAKEN]);
  await send(EVENT);
  expect(waits).toEqual([9_100]);
});

test.each<{ description: string; turn: Turn; settings?: Partial<InAppSenderSettings> }>([
  { description: 'a connection that breaks', turn: 'break' },
  { description: 'a server that says nothing', turn: 'silence', settings: { timeoutMs: 500 } },
  { description: 'a 500 without a word', turn: { status: 500 } },
  { description: 'a gateway in its own words', turn: { status: 502, body: '<html>Bad gateway</html>' } },
  { description: 'a 200 that is not ours', turn: { status: 200, body: 'Welcome' } },
  { description: 'a Retry-After that says nothing', turn: refusal(503, 'unavailable', { 'retry-after': 'soon' }) },
])('after $description it is sent again, later each time', async ({ turn, settings = {} }) => {
  const { send, received, waits } = await given([turn, turn, turn, TAKEN], settings);
  expect(await send(EVENT)).toEqual(DATA);
  expect(received).toHaveLength(4);
  for (const [index, longest] of [500, 1_000, 2_000].entries()) {
    expect(waits[index]).toBeGreaterThanOrEqual(longest / 2);
    expect(waits[index]).toBeLessThanOrEqual(longest);
  }
});

test.each<{ turn: Turn; status: number; code: string }>([
  { turn: refusal(400, 'validation_failed'), status: 400, code: 'validation_failed' },
  { turn: refusal(401, 'invalid_signature'), status: 401, code: 'invalid_signature' },
  { turn: refusal(403, 'inapp_webhooks_disabled'), status: 403, code: 'inapp_webhooks_disabled' },
  { turn: { status: 301, headers: { location: 'https://example.org/' } }, status: 301, code: 'unknown' },
])('$status $code is final', async ({ turn, status, code }) => {
  const { send, received } = await given([turn, TAKEN]);
  const failure = await send(EVENT).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(InAppRefused);
  expect(failure).toMatchObject({ status, code });
  expect(received).toHaveLength(1);
});

test('it gives up after the last attempt', async () => {
  const { send, received } = await given([{ status: 500 }], { attemptsMax: 3 });
  const failure = await send(EVENT).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(InAppUndelivered);
  expect(failure).toMatchObject({ message: expect.stringContaining('evt_1'), retryAfterMs: null, cause: { status: 500 } });
  expect(received).toHaveLength(3);
});

test('it does not wait beyond its time, and says how long the server asked for', async () => {
  const { send, received, waits } = await given([refusal(429, 'quota_exceeded', { 'retry-after': '60' })], { giveUpAfterMs: 59_000 });
  await expect(send(EVENT)).rejects.toMatchObject({ retryAfterMs: 60_000, cause: { code: 'quota_exceeded' } });
  expect([received.length, waits.length]).toEqual([1, 0]);
});

import { openDatabase } from '@waggle/database';
import { behaviours, eventually, startReceiver, useStack, type Receiver } from '@waggle/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createAuthority, type Certificate } from './certificates.ts';
import { anEndpoint, anEvent, recordOf } from './given.ts';

// The contract's own schedule and time-out: 5 s, 30 s, 3 min within 20 %; what a row says of the next attempt is compared, nothing is waited for.
const stack = useStack();
const database = openDatabase({ url: stack.databaseUrl('outbound-dispatcher'), connectionsMax: 4, timeoutMs: 15_000, name: 'test' });
const authority = createAuthority();
let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
  await stack.run([database]);
  // A process of its own: it reads NODE_EXTRA_CA_CERTS when it starts.
  await stack.start('outbound-dispatcher', { EGRESS_ALLOW_CIDRS: '127.0.0.0/8', NODE_EXTRA_CA_CERTS: authority.caFile });
}, 60_000);
afterAll(() => receiver.stop());

let workspaces = 0;
/** The delivery of one event to an endpoint of its own, once its first attempt is recorded. */
async function firstAttemptAt(url: string) {
  const workspaceId = `ws_${++workspaces}`;
  const { id } = await anEndpoint(database.pool, stack.env['ENCRYPTION_KEYS'], { url, workspaceId });
  await stack.publish([recordOf(anEvent({ workspaceId }))]);
  const row = async () => (await database.pool.query('SELECT * FROM deliveries WHERE endpoint_id = $1', [id])).rows[0];
  await eventually(async () => expect((await row())?.attempt_count).toBe(1), { timeoutMs: 15_000 });
  const delivery = await row();
  const [{ started_at: startedAt, duration_ms: durationMs }] = delivery.attempts;
  const inSeconds = delivery.next_attempt_at === null ? null : (delivery.next_attempt_at.getTime() - Date.parse(startedAt) - durationMs) / 1_000;
  return { delivery, inSeconds };
}

const { answer } = behaviours;
const inTwoMinutes = () => new Date(Date.now() + 120_000).toUTCString();
/** Up to where the next value that there is begins: a slow machine adds to what is due, and takes nothing from it. */
const five = [3.9, 24] as const;

test.each([
  { description: '200', behaviour: answer(200), reason: null },
  { description: '200 with more than is read', behaviour: behaviours.endlessBody(), reason: null },
  { description: '201', behaviour: answer(201), reason: 'status_201', next: five },
  { description: '202', behaviour: answer(202), reason: 'status_202', next: five },
  { description: '204', behaviour: answer(204, ''), reason: 'status_204', next: five },
  { description: '301, not followed', behaviour: answer(301, '', { location: '/elsewhere' }), reason: 'status_301', next: five },
  { description: '308, not followed', behaviour: answer(308, '', { location: '/elsewhere' }), reason: 'status_308', next: five },
  { description: '400', behaviour: answer(400), reason: 'status_400', next: five },
  { description: '410', behaviour: answer(410), reason: 'status_410', next: five },
  { description: '500', behaviour: answer(500), reason: 'status_500', next: five },
  { description: '500 with an endless body', behaviour: ((response, request) => { response.statusCode = 500; behaviours.endlessBody()(response, request); }) satisfies ReturnType<typeof answer>, reason: 'status_500', next: five },
  { description: '429 with Retry-After in seconds', behaviour: answer(429, '', { 'retry-after': '60' }), reason: 'status_429', next: [59, 110] as const },
  { description: '503 with Retry-After as a date', behaviour: (response: Parameters<ReturnType<typeof answer>>[0]) => void response.writeHead(503, { 'retry-after': inTwoMinutes() }).end(), reason: 'status_503', next: [117, 3_000] as const },
  { description: '503 with Retry-After of a day', behaviour: answer(503, '', { 'retry-after': '86400' }), reason: 'status_503', next: [3_599, 86_000] as const },
  { description: '503 with a shorter Retry-After than ours', behaviour: answer(503, '', { 'retry-after': '1' }), reason: 'status_503', next: five },
  { description: '500 with Retry-After', behaviour: answer(500, '', { 'retry-after': '60' }), reason: 'status_500', next: five },
  { description: '200 with a cut body', behaviour: behaviours.cutBody(), reason: 'body_cut', next: five },
  { description: '200 with less than its content-length', behaviour: behaviours.cutBody({ 'content-length': '100' }), reason: 'body_cut', next: five },
  { description: 'a reset', behaviour: behaviours.reset(), reason: 'connection_closed', next: five },
  { description: 'something that is not HTTP', behaviour: behaviours.garbage(), reason: 'invalid_response', next: five },
  { description: 'no headers in 5 s', behaviour: behaviours.silence(), reason: 'timeout', next: five, minMs: 4_900 },
  { description: '200 whose body does not end in 5 s', behaviour: behaviours.slowBody(), reason: 'timeout', next: five, minMs: 4_900 },
])('$description: $reason', async ({ description, behaviour, reason, next, minMs }) => {
  const path = `/${encodeURIComponent(description)}`;
  receiver.program(path, behaviour);
  const { delivery, inSeconds } = await firstAttemptAt(receiver.url(path));
  expect(delivery).toMatchObject({ status: reason === null ? 'succeeded' : 'retrying', reason });
  expect(delivery.attempts).toMatchObject([{ number: 1, error: reason }]);
  if (next === undefined) expect(inSeconds).toBeNull();
  else {
    expect(inSeconds).toBeGreaterThanOrEqual(next[0]);
    expect(inSeconds).toBeLessThan(next[1]);
  }
  // Node reckons a timer from the beginning of its turn, so it may end some milliseconds too early.
  if (minMs !== undefined) expect(delivery.attempts[0].duration_ms).toBeGreaterThanOrEqual(minMs);
  expect(receiver.at('/elsewhere')).toEqual([]);
});

test.each([
  { description: 'nobody listens', url: () => 'http://127.0.0.1:1/', reason: 'connection_refused' },
  { description: 'a name that does not exist', url: () => 'http://nobody.invalid/', reason: 'name_not_found' },
  { description: 'https where plain HTTP is spoken', url: () => receiver.url('/').replace('http:', 'https:'), reason: 'tls_error' },
])('$description: $reason', async ({ url, reason }) => {
  const { delivery, inSeconds } = await firstAttemptAt(url());
  expect(delivery).toMatchObject({ status: 'retrying', reason });
  expect(inSeconds).toBeGreaterThanOrEqual(five[0]);
  expect(inSeconds).toBeLessThan(five[1]);
});

test.each<{ description: string; certificate(): Certificate; url?: (url: string) => string; reason: string | null }>([
  { description: 'a certificate of an authority that the operator trusts', certificate: () => authority.sign('localhost'), reason: null },
  { description: 'a certificate that has expired', certificate: () => authority.sign('localhost', { days: -1 }), reason: 'certificate_expired' },
  { description: 'a certificate for another name', certificate: () => authority.sign('elsewhere.example'), reason: 'certificate_for_another_host' },
  { description: 'a certificate for a name where an address is called', certificate: () => authority.sign('localhost'), url: (url) => url.replace('localhost', '127.0.0.1'), reason: 'certificate_for_another_host' },
  { description: 'a certificate that nobody else has signed', certificate: () => authority.selfSigned('localhost'), reason: 'certificate_not_trusted' },
  { description: 'a certificate of an unknown authority', certificate: () => createAuthority().sign('localhost'), reason: 'certificate_not_trusted' },
  { description: 'plain HTTP where TLS is spoken', certificate: () => authority.sign('localhost'), url: (url) => url.replace('https:', 'http:'), reason: 'connection_closed' },
])('$description: $reason', async ({ certificate, url = (given) => given, reason }) => {
  const partner = await startReceiver({ tls: certificate() });
  const { delivery } = await firstAttemptAt(url(partner.url('/tls')));
  await partner.stop();
  expect(delivery).toMatchObject({ status: reason === null ? 'succeeded' : 'retrying', reason });
  expect(delivery.attempts).toMatchObject([{ number: 1, error: reason, status_code: reason === null ? 200 : null }]);
  expect(partner.at('/tls')).toHaveLength(reason === null ? 1 : 0);
});

import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { behaviours, startReceiver, type Receiver } from '@waggle/testkit';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { createEgress } from '../src/adapters/egress.ts';
import { createSender, KEPT_MAX_BYTES, READ_MAX_BYTES } from '../src/adapters/sender.ts';
import { errorOf } from '../src/domain/attempt-result.ts';
import { createAuthority } from './certificates.ts';
import { startConnectProxy } from './connect-proxy.ts';

/** Time for a slow machine, unless the test is about a time-out. */
const senderOf = ({ timeoutMs = 5_000, keptMaxBytes = KEPT_MAX_BYTES, ...egress }: { exceptions?: string[]; proxyUrl?: string; timeoutMs?: number | undefined; keptMaxBytes?: number } = {}) =>
  createSender(createEgress({ exceptions: ['127.0.0.0/8'], ...egress, timeoutMs }), { timeoutMs, keptMaxBytes });
const send = senderOf();
const guarded = senderOf({ exceptions: [] });
const request = { headers: { 'content-type': 'application/json' }, body: '{"a":"ü"}' };
let receiver: Receiver;
beforeAll(async () => { receiver = await startReceiver(); });
afterAll(() => receiver.stop());

test.each([
  { description: '200', behaviour: behaviours.answer(200), error: null, statusCode: 200 },
  { description: '200 without a body', behaviour: behaviours.answer(200, ''), error: null, statusCode: 200 },
  { description: '200 with more than is read', behaviour: behaviours.endlessBody(), error: null, statusCode: 200 },
  { description: '200 that claims to be compressed', behaviour: behaviours.answer(200, 'plain', { 'content-encoding': 'gzip' }), error: null, statusCode: 200 },
  { description: '201', behaviour: behaviours.answer(201), error: 'status_201', statusCode: 201 },
  { description: '204', behaviour: behaviours.answer(204, ''), error: 'status_204', statusCode: 204 },
  { description: '302, which is not followed', behaviour: behaviours.answer(302, '', { location: '/elsewhere' }), error: 'status_302', statusCode: 302 },
  { description: '307, which is not followed', behaviour: behaviours.answer(307, '', { location: '/elsewhere' }), error: 'status_307', statusCode: 307 },
  { description: '500', behaviour: behaviours.answer(500), error: 'status_500', statusCode: 500 },
  { description: 'no headers in time', behaviour: behaviours.silence(), error: 'timeout', statusCode: null, timeoutMs: 500 },
  { description: '200 whose body does not end in time', behaviour: behaviours.slowBody(), error: 'timeout', statusCode: 200, timeoutMs: 2_000 },
  { description: '200 with a cut body', behaviour: behaviours.cutBody(), error: 'body_cut', statusCode: 200 },
  { description: '200 with less than its content-length', behaviour: behaviours.cutBody({ 'content-length': '100' }), error: 'body_cut', statusCode: 200 },
  { description: 'a reset', behaviour: behaviours.reset(), error: 'connection_closed', statusCode: null },
  { description: 'something that is not HTTP', behaviour: behaviours.garbage(), error: 'invalid_response', statusCode: null },
])('$description: $error', async ({ description, behaviour, error, statusCode, timeoutMs }) => {
  const path = `/${encodeURIComponent(description)}`;
  receiver.program(path, behaviour);
  const result = await senderOf({ timeoutMs })({ ...request, url: receiver.url(path) });
  expect({ error: errorOf(result), statusCode: result.statusCode }).toEqual({ error, statusCode });
  expect(receiver.at(path)).toHaveLength(1);
  expect(receiver.at('/elsewhere')).toHaveLength(0);
  expect(receiver.at(path)[0]!.body).toEqual(Buffer.from(request.body));
});

test.each([
  { description: 'nobody listens', url: 'http://127.0.0.1:1/', error: 'connection_refused' },
  { description: 'a name that does not exist', url: 'http://nobody.invalid/', error: 'name_not_found' },
])('$description: $error', async ({ url, error }) => {
  expect(errorOf(await send({ ...request, url }))).toBe(error);
});

test('the first 4 KB of an answer are kept, whole characters only, without U+0000', async () => {
  receiver.program('/long', behaviours.answer(500, `\u0000${'x'.repeat(4_094)}ü${'y'.repeat(10_000)}`));
  const { responseBody } = await send({ ...request, url: receiver.url('/long') });
  expect(responseBody).toBe(`\uFFFD${'x'.repeat(4_094)}`);
});

test('who asks for more of an answer gets all that is read', async () => {
  const body = JSON.stringify({ ok: true, result: { text: 'x'.repeat(6_000) } });
  receiver.program('/whole', behaviours.answer(200, body));
  expect((await senderOf({ keptMaxBytes: READ_MAX_BYTES })({ ...request, url: receiver.url('/whole') })).responseBody).toBe(body);
});

test('connections are kept between attempts', async () => {
  const before = receiver.connections();
  for (let n = 0; n < 5; n++) await send({ ...request, url: receiver.url('/kept') });
  expect(receiver.connections() - before).toBeLessThanOrEqual(1);
});

test.each(['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '2130706433', '0x7f.1', '0177.0.0.1', '0.0.0.0', '[::]', '169.254.169.254', '10.0.0.1', '100.64.0.1', '[fd00::1]'])(
  'no connection is made to %s', async (host) => {
    const before = receiver.connections();
    const result = await guarded({ ...request, url: `http://${host}:${receiver.port}/guarded` });
    expect(errorOf(result)).toBe('address_not_allowed');
    expect(receiver.connections()).toBe(before);
  },
);

describe('through an egress proxy', () => {
  let proxy: Awaited<ReturnType<typeof startConnectProxy>>;
  beforeAll(async () => { proxy = await startConnectProxy(); });
  afterAll(() => proxy.stop());

  test('plain HTTP goes through a tunnel to the address that the name has, and the tunnel is kept', async () => {
    const sendThrough = senderOf({ proxyUrl: `http://${proxy.host}` });
    for (let n = 0; n < 3; n++) expect(errorOf(await sendThrough({ ...request, url: `http://localhost:${receiver.port}/tunnelled` }))).toBeNull();
    expect(proxy.targets.splice(0)).toEqual([`127.0.0.1:${receiver.port}`]);
    expect(receiver.at('/tunnelled').map(({ headers, body }) => [headers['host'], body.toString()])).toEqual(Array.from({ length: 3 }, () => [`localhost:${receiver.port}`, request.body]));
  });

  test('TLS is spoken with the receiver, under the name that was asked for; the proxy may want a password', async () => {
    const authority = createAuthority();
    const trusted = getCACertificates('default');
    setDefaultCACertificates([...trusted, readFileSync(authority.caFile, 'utf8')]);
    const named = await startReceiver({ tls: authority.sign('localhost') });
    const other = await startReceiver({ tls: authority.sign('elsewhere.example') });
    const sendThrough = senderOf({ proxyUrl: `http://waggle:p%40ss@${proxy.host}` });
    const errors = [];
    for (const url of [named.url('/'), other.url('/')]) errors.push(errorOf(await sendThrough({ ...request, url })));
    setDefaultCACertificates(trusted);
    await Promise.all([named.stop(), other.stop()]);
    expect(errors).toEqual([null, 'certificate_for_another_host']);
    expect(named.at('/')).toHaveLength(1);
    expect(proxy.targets.splice(0)).toEqual([`127.0.0.1:${named.port}`, `127.0.0.1:${other.port}`]);
    expect(proxy.authorizations.at(-1)).toBe(`Basic ${Buffer.from('waggle:p@ss').toString('base64')}`);
  });

  test.each(['127.0.0.1', 'localhost', '[::1]', '2130706433', '10.0.0.1', '169.254.169.254'])('the proxy is not even asked for %s', async (host) => {
    expect(errorOf(await senderOf({ proxyUrl: `http://${proxy.host}`, exceptions: [] })({ ...request, url: `http://${host}:${receiver.port}/` }))).toBe('address_not_allowed');
    expect(proxy.targets).toEqual([]);
  });

  test.each([
    { description: 'a proxy that forbids it', answer: '403 Forbidden', error: 'proxy_refused' },
    { description: 'a proxy that wants a password', answer: '407 Proxy Authentication Required', error: 'proxy_refused' },
    { description: 'a proxy that hangs', answer: null, error: 'timeout', timeoutMs: 500 },
  ])('$description: $error', async ({ answer, error, timeoutMs }) => {
    const bad = await startConnectProxy({ answer });
    expect(errorOf(await senderOf({ proxyUrl: `http://${bad.host}`, timeoutMs })({ ...request, url: receiver.url('/never') }))).toBe(error);
    await bad.stop();
    expect(receiver.at('/never')).toEqual([]);
  });

  test('a proxy that is down: proxy_unavailable; one that cannot reach the address: proxy_refused', async () => {
    expect(errorOf(await senderOf({ proxyUrl: 'http://127.0.0.1:1' })({ ...request, url: receiver.url('/never') }))).toBe('proxy_unavailable');
    expect(errorOf(await senderOf({ proxyUrl: `http://${proxy.host}` })({ ...request, url: 'http://127.0.0.1:1/' }))).toBe('proxy_refused');
  });
});

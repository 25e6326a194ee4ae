import { createHmac, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { signStandardWebhook, signWebhook, verifyWebhook } from './webhook-signature.ts';

const SECRET = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
const NOW = 1_767_322_945_000;
const BODY = '{"event":"activity.completed"}';
const AT = NOW / 1_000;
/** The headers of an attempt at that time. */
const standard = (timestamp = AT, secret = SECRET) => ({
  'webhook-id': 'evt_1', 'webhook-timestamp': String(timestamp), 'webhook-signature': signStandardWebhook(secret, { id: 'evt_1', timestamp, body: BODY }),
});
const signed = (headers: Record<string, string | undefined> = {}) => ({ 'x-buffy-signature': signWebhook(SECRET, BODY), ...standard(), ...headers });

test('an independent library accepts our Standard Webhooks signature of any body', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 24, max: 64 }), (text, length) => {
    const secret = `whsec_${randomBytes(length).toString('base64')}`;
    const [id, timestamp, body] = ['evt_1', Math.floor(Date.now() / 1_000), JSON.stringify({ text })];
    const signature = signStandardWebhook(secret, { id, timestamp, body });
    expect(signature).toBe(new Webhook(secret).sign(id, new Date(timestamp * 1_000), body));
    const headers = { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': `v1,${'A'.repeat(43)}= ${signature}` };
    expect(new Webhook(secret).verify(body, headers)).toEqual({ text });
  }), { numRuns: 50 });
});

test("the vector of Standard Webhooks' own libraries, and the one that our guide prints", async () => {
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const body = '{"test": 2432232314}';
  expect(signStandardWebhook(secret, { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: 1_614_265_330, body })).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  const guide = readFileSync(join(import.meta.dirname, '../../../docs/guides/verify-webhooks.md'), 'utf8');
  for (const text of [secret, body, signWebhook(secret, body)]) expect(guide).toContain(`\`${text}\``);
});

test('X-Buffy-Signature is the HMAC of the exact bytes under the whole secret string', () => {
  expect(signWebhook(SECRET, Buffer.from(BODY))).toBe(createHmac('sha256', Buffer.from(SECRET, 'utf8')).update(BODY, 'utf8').digest('hex'));
  expect(signWebhook(SECRET, BODY)).not.toBe(signWebhook(SECRET, `${BODY} `));
});

const OTHER_SECRET = `whsec_${Buffer.alloc(24, 8).toString('base64')}`;
const ofOther = standard(AT, OTHER_SECRET)['webhook-signature'];
const ofOurs = standard()['webhook-signature'];

test.each([
  { description: 'the current signature', headers: signed(), valid: true },
  {
    description: 'the previous one, during a rotation', valid: true,
    headers: signed({ 'x-buffy-signature': 'ab'.repeat(32), 'x-buffy-signature-previous': signWebhook(SECRET, BODY), 'webhook-signature': `${ofOther} ${ofOurs}` }),
  },
  { description: 'another secret', headers: signed({ 'x-buffy-signature': signWebhook(OTHER_SECRET, BODY) }), valid: false },
  { description: 'no signature', headers: standard(), valid: false },
  { description: 'a signature of two-byte characters', headers: signed({ 'x-buffy-signature': 'é'.repeat(64) }), valid: false },
  { description: 'an attempt of 300 s ago', headers: signed(standard(AT - 300)), valid: true },
  { description: 'an attempt of 301 s ago', headers: signed(standard(AT - 301)), valid: false },
  { description: 'an attempt of 301 s from now', headers: signed(standard(AT + 301)), valid: false },
  { description: 'an old attempt under a new time', headers: signed({ ...standard(AT - 301), 'webhook-timestamp': String(AT) }), valid: false },
  { description: 'an attempt under another id', headers: signed({ 'webhook-id': 'evt_2' }), valid: false },
  { description: 'a standard signature under another secret', headers: signed({ 'webhook-signature': ofOther }), valid: false },
  { description: 'no standard signature', headers: signed({ 'webhook-signature': undefined }), valid: false },
  { description: 'no id', headers: signed({ 'webhook-id': undefined }), valid: false },
  { description: 'no timestamp', headers: signed({ 'webhook-timestamp': undefined }), valid: false },
  { description: 'a timestamp that is no number', headers: signed({ 'webhook-timestamp': 'now' }), valid: false },
])('a receiver, given $description: $valid', ({ headers, valid }) => {
  expect(verifyWebhook(SECRET, BODY, headers, NOW)).toBe(valid);
});

test('a body that was changed on the way is not accepted', () => {
  expect(verifyWebhook(SECRET, BODY.replace('completed', 'skipped'), signed(), NOW)).toBe(false);
});

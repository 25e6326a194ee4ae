import { createHash, createHmac } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { judgeSignature, measureBody, signDelivery } from './sign-delivery.ts';

// The vector of Standard Webhooks' own libraries.
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const MESSAGE = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: 1_614_265_330, body: '{"test": 2432232314}' };
const STANDARD = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text);
const [BARE, KEY] = [SECRET.slice(6), Buffer.from(SECRET.slice(6), 'base64')];
const BODY = '{"event":"activity.completed","activity":{"name":"Read, write: \\"ü\\"","days":[1,2]}}';
const DELIVERY = { ...MESSAGE, body: BODY };

test('the browser signs as the dispatcher does', async () => {
  expect(await signDelivery(SECRET, MESSAGE)).toEqual({ hex: hmac(SECRET, MESSAGE.body).digest('hex'), standard: STANDARD });
});

test('a secret that is not Base64 has no Standard Webhooks signature', async () => {
  expect(await signDelivery('whsec_!', MESSAGE)).toEqual({ hex: hmac('whsec_!', MESSAGE.body).digest('hex'), standard: null });
});

test('a body is measured in bytes', async () => {
  expect(await measureBody('ü')).toEqual({ bytes: 2, digest: createHash('sha256').update('ü').digest('hex') });
});

test.each([
  { description: 'X-Buffy-Signature', given: hmac(SECRET, BODY).digest('hex'), words: /X-Buffy-Signature of this delivery/, isRight: true },
  { description: 'the same in capitals', given: hmac(SECRET, BODY).digest('hex').toUpperCase(), words: /X-Buffy-Signature of this delivery/, isRight: true },
  { description: 'webhook-signature', given: `v1,${hmac(KEY, `${MESSAGE.id}.${MESSAGE.timestamp}.${BODY}`).digest('base64')}`, words: /webhook-signature of this attempt/, isRight: true },
  { description: 'the second of two', given: `v1,AAAA v1,${hmac(KEY, `${MESSAGE.id}.${MESSAGE.timestamp}.${BODY}`).digest('base64')}`, words: /webhook-signature of this attempt/, isRight: true },
  { description: 'Base64 for hex', given: hmac(SECRET, BODY).digest('base64'), words: /lower-case hex/, isRight: false },
  { description: 'the secret without its beginning', given: hmac(BARE, BODY).digest('hex'), words: /without its whsec_/, isRight: false },
  { description: 'the decoded secret', given: hmac(KEY, BODY).digest('hex'), words: /the decoded secret/, isRight: false },
  { description: 'JSON as Python writes it', given: hmac(SECRET, '{"event": "activity.completed", "activity": {"name": "Read, write: \\"ü\\"", "days": [1, 2]}}').digest('hex'), words: /the parsed body/, isRight: false },
  { description: 'indented JSON', given: hmac(SECRET, JSON.stringify(JSON.parse(BODY), null, 2)).digest('hex'), words: /the parsed body/, isRight: false },
  { description: 'the whole secret for webhook-signature', given: `v1,${hmac(SECRET, `${MESSAGE.id}.${MESSAGE.timestamp}.${BODY}`).digest('base64')}`, words: /decoded part/, isRight: false },
  { description: 'an undecoded secret for webhook-signature', given: `v1,${hmac(BARE, `${MESSAGE.id}.${MESSAGE.timestamp}.${BODY}`).digest('base64')}`, words: /decoded from Base64 first/, isRight: false },
  { description: 'another attempt', given: `v1,${hmac(KEY, `${MESSAGE.id}.1614265300.${BODY}`).digest('base64')}`, words: /another attempt/, isRight: false },
  { description: 'another secret', given: hmac('whsec_other', BODY).digest('hex'), words: /another secret, or over other bytes/, isRight: false },
])('a signature is told for what it is: $description', async ({ given, words, isRight }) => {
  expect(await judgeSignature({ given, secret: SECRET, message: DELIVERY, otherTimes: [1_614_265_300] })).toEqual({ isRight, words: expect.stringMatching(words) });
});

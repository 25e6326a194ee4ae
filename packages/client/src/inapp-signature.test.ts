import { expect, test } from '@jest/globals';
import { inappDigest, isSameSignature, signInAppDigest, signInAppEvent } from './inapp-signature.ts';

// The contract's vectors.
const SECRET = 'test_secret';
const TIMESTAMP = 1_767_322_945;
const EMPTY = '2b2cc1ec9ac6a7a5d92a06475829cb7236b9ac41124808ca0220e7ecc9da18b7';
const EXAMPLE = '8c38d68004091da3512a4211da4b7e5243ef71f323440ea90a4228fa194f638a';
const example = {
  user: { wallet: '0x52908400098527886E0F7030069857D2E4169EE7' },
  schema_version: '1.0', event_id: 'evt_test_1', event_type: 'purchase_completed', campaign_id: 42, occurred_at: '2026-01-02T03:04:05.000Z',
};

test.each([
  { description: 'an empty body', body: {}, signature: EMPTY },
  { description: 'the example, its keys in another order', body: example, signature: EXAMPLE },
])('the signature of $description is the contract\'s', ({ body, signature }) => {
  expect(signInAppEvent(SECRET, TIMESTAMP, body)).toBe(signature);
  expect(signInAppDigest(SECRET, ` ${TIMESTAMP} `, inappDigest(body))).toBe(signature);
});

test.each([
  { description: 'as it is', given: EMPTY, same: true },
  { description: 'in upper case', given: EMPTY.toUpperCase(), same: true },
  { description: 'with v1=', given: `v1=${EMPTY}`, same: true },
  { description: 'one digit changed', given: `3${EMPTY.slice(1)}`, same: false },
  { description: 'cut', given: EMPTY.slice(2), same: false },
  { description: 'empty', given: '', same: false },
  { description: 'not hex', given: 'z'.repeat(64), same: false },
])('a signature $description: $same', ({ given, same }) => {
  expect(isSameSignature(EMPTY, given)).toBe(same);
});

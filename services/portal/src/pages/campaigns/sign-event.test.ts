import { expect, test } from '@jest/globals';
import { signEvent } from './sign-event.ts';

// The contract's own vectors (section 5).
test.each([
  ['{}', '2b2cc1ec9ac6a7a5d92a06475829cb7236b9ac41124808ca0220e7ecc9da18b7'],
  [
    '{"campaign_id":42,"event_id":"evt_test_1","event_type":"purchase_completed","occurred_at":"2026-01-02T03:04:05.000Z","schema_version":"1.0","user":{"wallet":"0x52908400098527886E0F7030069857D2E4169EE7"}}',
    '8c38d68004091da3512a4211da4b7e5243ef71f323440ea90a4228fa194f638a',
  ],
])('the browser signs as the guide does: %s', async (canonical, signature) => {
  expect(await signEvent(JSON.parse(canonical), '1767322945', 'test_secret')).toMatchObject({ canonical, signature });
});

test('without a secret there is a digest and no signature', async () => {
  expect(await signEvent({}, '1', '')).toEqual({ timestamp: '1', canonical: '{}', digest: expect.stringMatching(/^[0-9a-f]{64}$/), signature: null });
});

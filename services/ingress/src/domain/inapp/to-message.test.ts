import { inappEvent, type InappEventBody } from '@waggle/contracts';
import { expect, test } from '@jest/globals';
import { toMessage, type Acceptance } from './to-message.ts';

const body: InappEventBody = {
  schema_version: '1.0', event_id: 'evt_1', event_type: 'purchase_completed', campaign_id: 42, occurred_at: '2026-01-02T05:04:05.000+02:00',
  user: { wallet: '0x52908400098527886E0F7030069857D2E4169EE7' },
};
const acceptance: Acceptance = {
  key: { key_id: 'ick_1', workspace_id: 'ws_1', environment: 'live' }, digest: 'digest', text: '{"a" : 1}', now: new Date('2026-01-02T03:04:06Z'),
};

test('a message has the wallet in lower case, times in UTC and the text as it came', () => {
  expect(inappEvent.data.parse(toMessage(body, acceptance))).toEqual({
    id: expect.stringMatching(/^iev_[0-7][0-9a-z]{25}$/), workspace_id: 'ws_1', campaign_id: 42, key_id: 'ick_1', environment: 'live', event_id: 'evt_1',
    event_type: 'purchase_completed', occurred_at: '2026-01-02T03:04:05Z', wallet: '0x52908400098527886e0f7030069857d2e4169ee7',
    received_at: '2026-01-02T03:04:06Z', digest: 'digest', body: '{"a" : 1}',
  });
});

test('its id depends on key, environment and event id, and on nothing else', () => {
  const { id } = toMessage(body, acceptance);
  expect(toMessage({ ...body, event_type: 'other' }, { ...acceptance, digest: 'other', text: '{}', now: new Date() }).id).toBe(id);
  const others = [
    toMessage({ ...body, event_id: 'evt_2' }, acceptance),
    toMessage(body, { ...acceptance, key: { ...acceptance.key, key_id: 'ick_2' } }),
    toMessage(body, { ...acceptance, key: { ...acceptance.key, environment: 'test' } }),
  ];
  expect(new Set([id, ...others.map((message) => message.id)]).size).toBe(4);
});

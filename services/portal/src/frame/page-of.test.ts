import { expect, test } from '@jest/globals';
import { pageOf } from './page-of.ts';

test.each([
  ['dlv_01m8hyetazfqtt32a9cza3r14h', '/settings/developer/deliveries/dlv_01m8hyetazfqtt32a9cza3r14h'],
  [' "evt_01m8hyetazfkn97m2pfawwr7yt",', '/settings/developer/events/evt_01m8hyetazfkn97m2pfawwr7yt'],
  ['whe_1', '/settings/developer/webhooks/whe_1'],
  ['act_xyz789', '/activities/act_xyz789'],
  ['awd_1', null],
  ['constructor', null],
  ['dlv_../../etc', null],
  ['', null],
])('%s leads to %s', (text, page) => {
  expect(pageOf(text)).toBe(page);
});

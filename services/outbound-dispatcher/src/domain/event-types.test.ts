import { behaviorEvent, campaignEvent, webhookEventTypes } from '@waggle/contracts';
import { expect, test } from '@jest/globals';
import { describeEventType } from './event-types.ts';

test.each(webhookEventTypes)('%s has a description, and an example that its contract accepts', (name) => {
  const { description, example } = describeEventType(name);
  const { data } = name.startsWith('award.') ? campaignEvent : behaviorEvent;
  expect(description).not.toBe('');
  expect(data.parse({ ...example, workspace_id: 'ws_1' })).toEqual({ ...example, workspace_id: 'ws_1' });
});

import { expect, test } from '@jest/globals';
import { chooseChannel } from './choose-channel.ts';

const connections = new Map([['telegram', { isFailing: false }], ['slack', { isFailing: false }], ['broken', { isFailing: true }]]);

test.each([
  { wanted: { activity: ['telegram'], preferred: ['slack'], answered: 'slack' }, channel: 'telegram', description: "the activity's" },
  { wanted: { activity: ['sms', 'slack'], preferred: ['telegram'], answered: null }, channel: 'slack', description: 'the first of them that is connected' },
  { wanted: { activity: ['sms'], preferred: ['mail', 'telegram'], answered: 'slack' }, channel: 'telegram', description: 'else a preferred one' },
  { wanted: { activity: [], preferred: [], answered: 'slack' }, channel: 'slack', description: 'else where the user answered last' },
  { wanted: { activity: ['broken'], preferred: ['telegram'], answered: null }, channel: 'telegram', description: 'one that fails is passed over' },
  { wanted: { activity: ['feed'], preferred: ['telegram'], answered: null }, channel: 'feed', description: 'the feed is always connected' },
  { wanted: { activity: ['sms'], preferred: ['broken'], answered: 'api' }, channel: 'feed', description: 'else the feed' },
])('$description', ({ wanted, channel }) => {
  expect(chooseChannel(wanted, connections)).toBe(channel);
});

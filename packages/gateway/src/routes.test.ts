import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MALFORMED_TARGET, matchRoute, parseRoutes, readRoutes, servicesOf } from './routes.ts';

const table = readRoutes();
const serviceOf = (target: string) => matchRoute(table, target)?.service;

test.each([
  ['the inbound webhook', '/v1/webhooks/inbound', 'ingress'],
  ['the inbound webhook with a query', '/v1/webhooks/inbound?notify=true', 'ingress'],
  ['bulk, which lies below a prefix of another service', '/v1/activities/bulk?notify=true', 'ingress'],
  ['the in-app webhook', '/user/inapp/webhooks', 'ingress'],
  ['a collection', '/v1/activities', 'behavior-core'],
  ['a collection with a query', '/v1/activities?user_id=usr_1', 'behavior-core'],
  ['an object', '/v1/activities/act_xyz789', 'behavior-core'],
  ['a sub-resource', '/v1/activities/act_xyz789/steps/stp_1/complete', 'behavior-core'],
  ['an object whose id begins like an exact path', '/v1/activities/bulky', 'behavior-core'],
  ['a user', '/v1/users/usr_abc123', 'behavior-core'],
  ["a user's channels", '/v1/users/usr_abc123/channels', 'behavior-core'],
  ["a user's channel", '/v1/users/usr_abc123/channels/feed', 'behavior-core'],
  ["a channel's messages", '/v1/users/usr_abc123/channels/feed/messages?limit=1', 'outbound-dispatcher'],
  ["the messages of a channel whose name holds a slash", '/v1/users/usr%3A1/channels/a%2Fb/messages', 'outbound-dispatcher'],
  ['messages without a channel', '/v1/users/usr_abc123/channels/messages', 'behavior-core'],
  ['messages with something below', '/v1/users/usr_abc123/channels/feed/messages/1', 'behavior-core'],
  ['a pattern whose name would be empty', '/v1/users//channels/feed/messages', 'behavior-core'],
  ['operations', '/v1/operations/op_1/results', 'behavior-core'],
  ['templates', '/v1/activity-templates/morning', 'behavior-core'],
  ['who am I', '/v1/auth/me', 'behavior-core'],
  ['keys', '/v1/api-keys/key_1', 'behavior-core'],
  ['the audit log', '/v1/audit-log?limit=1', 'behavior-core'],
  ['portal sessions', '/v1/portal-sessions/exchange', 'behavior-core'],
  ['campaigns', '/v1/campaigns/42/leaderboard', 'behavior-core'],
  ['endpoints', '/v1/webhooks/endpoints/whe_1/replay', 'outbound-dispatcher'],
  ['deliveries', '/v1/webhooks/deliveries/dlv_1/retry', 'outbound-dispatcher'],
  ['event types', '/v1/webhooks/event-types', 'outbound-dispatcher'],
  ['the log', '/v1/events?cursor=abc', 'event-log'],
  ['the log with a slash at its end', '/v1/events/', 'event-log'],
  ['one event', '/v1/events/evt_1', 'event-log'],
  ['a word that goes on after a prefix', '/v1/eventsfoo', undefined],
  ['an exact path with a slash at its end', '/v1/webhooks/inbound/', undefined],
  ['an exact path with something below', '/v1/webhooks/event-types/1', undefined],
  ['an exact path in other letters', '/V1/webhooks/inbound', undefined],
  ['an empty segment before a path', '//v1/events', undefined],
  ['a path in the query alone', '/?/v1/events', undefined],
  ['a path inside another', '/x/v1/events', undefined],
  ['an escaped letter', '/v1/%65vents', undefined],
  ['a fragment', '/v1/events#top', undefined],
  ['the root', '/', undefined],
  ['no path at all', '*', undefined],
])('%s: %s belongs to %s', (_description, target, service) => {
  expect(serviceOf(target)).toBe(service);
});

test('every service of the design has a route', () => {
  expect(servicesOf(table).toSorted()).toEqual(['behavior-core', 'event-log', 'ingress', 'outbound-dispatcher']);
});

test('streams may be silent for long, other answers of the same service may not', () => {
  expect(matchRoute(table, '/v1/events/stream')?.stream).toBe(true);
  expect(matchRoute(table, '/v1/events/export?format=csv')?.stream).toBe(true);
  expect(matchRoute(table, '/v1/events/evt_1')?.stream).toBe(false);
});

test('a prefix ends at a boundary, whatever follows', () => {
  const letter = fc.string({ minLength: 1 }).filter((text) => !/^[/?]/.test(text));
  fc.assert(fc.property(letter, (rest) => serviceOf(`/v1/events${rest}`) === undefined));
  fc.assert(fc.property(fc.webSegment(), fc.webQueryParameters(), (segment, query) => serviceOf(`/v1/events/${segment}?${query}`) === 'event-log'));
});

test.each([
  ['/v1/events/../users', true],
  ['/v1/events/..', true],
  ['/v1/events/.?x', true],
  ['/v1/events/%2E%2e/users', true],
  ['/v1/events/%', true],
  ['/v1/events/%zz', true],
  ['/v1/events/%00', true],
  ['/v1/events/...', false],
  ['/v1/activity-templates/.hidden', false],
  ['/v1/users/a%2Fb', false],
  ['/v1/events?since=../..&x=%', false],
])('%s is malformed: %s', (target, isMalformed) => {
  expect(MALFORMED_TARGET.test(target)).toBe(isMalformed);
});

describe('a route file is refused', () => {
  const row = { match: '/v1/events', kind: 'prefix', service: 'event-log' };
  test.each([
    ['empty', [], /Too small/],
    ['an unknown word', [{ ...row, methods: ['GET'] }], /methods/],
    ['a slash at the end', [{ ...row, match: '/v1/events/' }], /without a slash/],
    ['a regular expression', [{ ...row, match: '/v1/(a|b)' }], /plain segments/],
    ['a pattern without a name', [{ ...row, kind: 'pattern' }], /has \{names\}/],
    ['a name in a prefix', [{ ...row, match: '/v1/{id}' }], /has \{names\}/],
    ['a row that is never reached', [row, { ...row, match: '/v1/events/stream', kind: 'exact' }], /stream is never reached: \/v1\/events comes first/],
    ['the same row twice', [row, row], /never reached/],
  ])('%s', (_description, rows, message) => {
    expect(() => parseRoutes(rows)).toThrow(message);
  });
});

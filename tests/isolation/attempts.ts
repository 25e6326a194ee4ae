import type { Target } from './given-tenants.ts';

/** A status; or `own`: an answer with 2xx about what is the caller's, with nothing of the victim's in it. */
export type Expected = number | 'own';

export type Intruder = 'foreign' | 'neighbour';

/** One request for what is the victim's. */
export interface Attempt {
  path(target: Target): string;
  body?(target: Target, who: Intruder): unknown;
  /** With another workspace's system key. */
  foreign: Expected;
  /** With the key of another user of the same workspace. */
  neighbour: Expected;
}

const at = (foreign: Expected, neighbour: Expected, path: Attempt['path'], body?: Attempt['body']): Attempt => ({ path, foreign, neighbour, ...(body && { body }) });

const ofActivity = (action: string, body: unknown = {}) => [at(404, 404, ({ activityId }) => `/v1/activities/${activityId}/${action}`, () => body)];
const ofStep = (action: string) => [at(404, 404, ({ routineId, stepId }) => `/v1/activities/${routineId}/steps/${stepId}/${action}`, () => ({}))];
const ofUser = (rest: string, body?: unknown) => [at('own', 403, ({ userId }) => `/v1/users/${userId}${rest}`, body === undefined ? undefined : () => body)];
/** Campaigns are the workspace's: a user key may not ask at all. */
const ofCampaign = (rest: (target: Target) => string, body?: unknown) => [at(404, 403, (target) => `/v1/campaigns/${target.campaignId}${rest(target)}`, body === undefined ? undefined : () => body)];

const ofEndpoint = (rest: string, body: unknown = {}) => [at(404, 404, ({ endpointId }) => `/v1/webhooks/endpoints/${endpointId}${rest}`, () => body)];

const habit = { type: 'habit', name: 'Trespass' };
const template = { activities: [habit] };
const completion = ({ activityId, userId }: Target) => ({ event: 'activity.completed', activity_id: activityId, user_id: userId, timestamp: '2026-03-26T08:12:44Z' });

/**
 * Every route of every service, and what comes of trying it for something that belongs to somebody else. In this order: the foreign
 * workspace comes to have a user and an activity of the same ids, which are its own, and in the end erases that user.
 */
export const ATTEMPTS: Readonly<Record<string, readonly Attempt[]>> = {
  // behavior-core: activities
  'POST /v1/activities': [
    at('own', 403, () => '/v1/activities', ({ userId }) => ({ ...habit, user_id: userId })),
    at('own', 409, () => '/v1/activities', ({ twinId, userId }, who) => ({ ...habit, id: twinId, ...(who === 'foreign' && { user_id: userId }) })),
  ],
  'GET /v1/activities': [at('own', 403, ({ userId }) => `/v1/activities?user_id=${userId}`), at('own', 'own', () => '/v1/activities')],
  'GET /v1/activities/today': [at('own', 403, ({ userId }) => `/v1/activities/today?user_id=${userId}`)],
  'GET /v1/activities/:id': [at(404, 404, ({ activityId }) => `/v1/activities/${activityId}`), at('own', 404, ({ twinId }) => `/v1/activities/${twinId}`)],
  'PUT /v1/activities/:id': [at(404, 404, ({ activityId }) => `/v1/activities/${activityId}`, () => ({ name: 'Trespass' }))],
  'PATCH /v1/activities/:id': [
    at(404, 404, ({ activityId }) => `/v1/activities/${activityId}`, () => ({ name: 'Trespass' })),
    at('own', 404, ({ twinId }) => `/v1/activities/${twinId}`, () => ({ name: 'Trespass' })),
  ],
  'DELETE /v1/activities/:id': [at(404, 404, ({ activityId }) => `/v1/activities/${activityId}`), at('own', 404, ({ twinId }) => `/v1/activities/${twinId}`)],
  'POST /v1/activities/:id/restore': ofActivity('restore'),
  'POST /v1/activities/:id/complete': ofActivity('complete'),
  'POST /v1/activities/:id/skip': ofActivity('skip'),
  'POST /v1/activities/:id/snooze': ofActivity('snooze', { snooze_minutes: 5 }),
  'POST /v1/activities/:id/reopen': ofActivity('reopen'),
  'POST /v1/activities/:id/activate': ofActivity('activate'),
  'POST /v1/activities/:id/steps/:stepId/complete': ofStep('complete'),
  'POST /v1/activities/:id/steps/:stepId/skip': ofStep('skip'),

  // ingress
  'POST /v1/webhooks/inbound': [
    at(404, 403, () => '/v1/webhooks/inbound', completion),
    at('own', 403, () => '/v1/webhooks/inbound', ({ userId }) => ({ event: 'onboarding.completed', user_id: userId, timestamp: '2026-03-26T08:12:44Z', activities: [habit] })),
  ],
  // Its items fail one by one.
  'POST /v1/activities/bulk': [at('own', 'own', () => '/v1/activities/bulk', (target) => ({ operations: [completion(target)] }))],
  // No API key opens it: it asks for a signature.
  'POST /user/inapp/webhooks': [at(401, 401, () => '/user/inapp/webhooks', ({ campaignId }) => ({ campaign_id: Number(campaignId) }))],

  // behavior-core: operations
  'GET /v1/operations/:id': [at(404, 404, ({ operationId }) => `/v1/operations/${operationId}`), at(404, 404, ({ bulkOperationId }) => `/v1/operations/${bulkOperationId}`)],
  'GET /v1/operations/:id/results': [at(404, 404, ({ bulkOperationId }) => `/v1/operations/${bulkOperationId}/results`)],

  // behavior-core: people
  'GET /v1/auth/me': [at('own', 'own', () => '/v1/auth/me')],
  'GET /v1/users': [at('own', 403, () => '/v1/users')],
  'GET /v1/users/:id': ofUser(''),
  'GET /v1/users/:id/settings': ofUser('/settings'),
  'PUT /v1/users/:id/settings': ofUser('/settings', { timezone: 'Asia/Tokyo' }),
  'PUT /v1/users/:id/channels/:channel': ofUser('/channels/trespass', { kind: 'feed' }),
  'GET /v1/users/:id/channels': ofUser('/channels'),
  'DELETE /v1/users/:id/channels/:channel': ofUser('/channels/trespass'),
  'GET /v1/users/:id/api-keys': ofUser('/api-keys'),
  'POST /v1/users/:id/api-keys': ofUser('/api-keys', { label: 'Trespass' }),
  'GET /v1/api-keys': [at('own', 403, () => '/v1/api-keys')],
  'POST /v1/api-keys': [at('own', 403, () => '/v1/api-keys', () => ({ label: 'Trespass' }))],
  'DELETE /v1/api-keys/:id': [at(404, 404, ({ keyId }) => `/v1/api-keys/${keyId}`), at(404, 404, ({ systemKeyId }) => `/v1/api-keys/${systemKeyId}`)],
  'POST /v1/portal-sessions': [
    at(404, 403, () => '/v1/portal-sessions', () => ({ user_id: 'usr_victim_alone' })),
    at('own', 403, () => '/v1/portal-sessions', ({ userId }) => ({ user_id: userId })),
  ],
  // No API key opens it: it asks for a code, and this one was the victim's.
  'POST /v1/portal-sessions/exchange': [at(401, 401, () => '/v1/portal-sessions/exchange', ({ usedCode }) => ({ code: usedCode }))],
  // Templates are the workspace's: its users read them.
  'GET /v1/activity-templates': [at('own', 'own', () => '/v1/activity-templates')],
  'GET /v1/activity-templates/:name': [at(404, 'own', ({ templateName }) => `/v1/activity-templates/${templateName}`)],
  'PUT /v1/activity-templates/:name': [at(404, 403, ({ templateName }) => `/v1/activity-templates/${templateName}`, () => template)],
  'DELETE /v1/activity-templates/:name': [at(404, 403, ({ templateName }) => `/v1/activity-templates/${templateName}`)],
  'POST /v1/activity-templates': [at('own', 403, () => '/v1/activity-templates', ({ templateName }) => ({ ...template, name: templateName }))],
  'GET /v1/audit-log': [at('own', 403, () => '/v1/audit-log'), at('own', 403, ({ userId }) => `/v1/audit-log?user_id=${userId}`)],
  'DELETE /v1/users/:id': ofUser(''),

  // behavior-core: campaigns
  'POST /v1/campaigns': [at('own', 403, () => '/v1/campaigns', () => ({ name: 'Trespass' }))],
  'GET /v1/campaigns': [at('own', 403, () => '/v1/campaigns')],
  'GET /v1/campaigns/:id': ofCampaign(() => ''),
  'PATCH /v1/campaigns/:id': ofCampaign(() => '', { name: 'Trespass' }),
  'POST /v1/campaigns/:id/tasks': ofCampaign(() => '/tasks', { name: 'Trespass', points: 1 }),
  'GET /v1/campaigns/:id/tasks': ofCampaign(() => '/tasks'),
  'PATCH /v1/campaigns/:id/tasks/:task_id': ofCampaign(({ taskId }) => `/tasks/${taskId}`, { name: 'Trespass' }),
  'DELETE /v1/campaigns/:id/tasks/:task_id': ofCampaign(({ taskId }) => `/tasks/${taskId}`),
  'POST /v1/campaigns/:id/mappings': [at(404, 403, ({ campaignId }) => `/v1/campaigns/${campaignId}/mappings`, ({ taskId }) => ({ event_type: 'trespass', task_id: taskId }))],
  'GET /v1/campaigns/:id/mappings': ofCampaign(() => '/mappings'),
  'PATCH /v1/campaigns/:id/mappings/:mapping_id': ofCampaign(({ mappingId }) => `/mappings/${mappingId}`, { active: false }),
  'DELETE /v1/campaigns/:id/mappings/:mapping_id': ofCampaign(({ mappingId }) => `/mappings/${mappingId}`),
  'POST /v1/campaigns/:id/inapp-keys': ofCampaign(() => '/inapp-keys', { label: 'Trespass' }),
  'GET /v1/campaigns/:id/inapp-keys': ofCampaign(() => '/inapp-keys'),
  'DELETE /v1/campaigns/:id/inapp-keys/:key_id': ofCampaign(({ inappKeyId }) => `/inapp-keys/${inappKeyId}`),
  'GET /v1/campaigns/:id/inapp-events': ofCampaign(() => '/inapp-events'),
  'GET /v1/campaigns/:id/inapp-events/:event_id': ofCampaign(({ inappEventId }) => `/inapp-events/${inappEventId}`),
  'GET /v1/campaigns/:id/awards': ofCampaign(() => '/awards'),
  'POST /v1/campaigns/:id/awards/:award_id/revoke': ofCampaign(({ awardId }) => `/awards/${awardId}/revoke`, { reason: 'Trespass' }),
  'GET /v1/campaigns/:id/leaderboard': ofCampaign(() => '/leaderboard'),

  // event-log
  'GET /v1/events': [
    at('own', 403, ({ userId }) => `/v1/events?user_id=${userId}`),
    at('own', 'own', ({ activityId }) => `/v1/events?entity_id=${activityId}`),
    at('own', 'own', () => '/v1/events?limit=200'),
  ],
  // A stream has no end: what it tells whom is shown in services/event-log/test/streaming.int.test.ts. Here it is asked for what must not be had.
  'GET /v1/events/stream': [at(400, 403, ({ userId, eventCursor }) => `/v1/events/stream?user_id=${userId}&cursor=${eventCursor}`)],
  'GET /v1/events/export': [
    at('own', 403, ({ userId }) => `/v1/events/export?user_id=${userId}`),
    at('own', 'own', () => '/v1/events/export'),
    at('own', 'own', () => '/v1/events/export?format=csv'),
  ],
  'GET /v1/events/:id': [at(404, 404, ({ eventId }) => `/v1/events/${eventId}`)],

  // outbound-dispatcher
  'GET /v1/users/:id/channels/:channel/messages': ofUser('/channels/feed/messages'),
  'POST /v1/webhooks/endpoints': [at('own', 'own', () => '/v1/webhooks/endpoints', () => ({ url: 'https://example.org/trespass', event_types: ['*'] }))],
  'GET /v1/webhooks/endpoints': [at('own', 'own', () => '/v1/webhooks/endpoints')],
  'GET /v1/webhooks/endpoints/:id': [at(404, 404, ({ endpointId }) => `/v1/webhooks/endpoints/${endpointId}`)],
  'DELETE /v1/webhooks/endpoints/:id': [at(404, 404, ({ endpointId }) => `/v1/webhooks/endpoints/${endpointId}`)],
  'PATCH /v1/webhooks/endpoints/:id': ofEndpoint('', { description: 'Trespass' }),
  'POST /v1/webhooks/endpoints/:id/rotate-secret': ofEndpoint('/rotate-secret'),
  'POST /v1/webhooks/endpoints/:id/disable': ofEndpoint('/disable'),
  'POST /v1/webhooks/endpoints/:id/enable': ofEndpoint('/enable'),
  'POST /v1/webhooks/endpoints/:id/replay': ofEndpoint('/replay', { since: '2026-01-01T00:00:00Z' }),
  'POST /v1/webhooks/endpoints/:id/test': ofEndpoint('/test', { event_type: 'activity.completed' }),
  'POST /v1/webhooks/deliveries/:id/retry': [at(404, 404, ({ deliveryId }) => `/v1/webhooks/deliveries/${deliveryId}/retry`, () => ({}))],
  'GET /v1/webhooks/deliveries': [
    at('own', 403, ({ userId }) => `/v1/webhooks/deliveries?user_id=${userId}`),
    at('own', 'own', ({ endpointId }) => `/v1/webhooks/deliveries?endpoint_id=${endpointId}`),
    at('own', 'own', () => '/v1/webhooks/deliveries?limit=200'),
  ],
  'GET /v1/webhooks/deliveries/:id': [at(404, 404, ({ deliveryId }) => `/v1/webhooks/deliveries/${deliveryId}`)],
  'GET /v1/webhooks/event-types': [at('own', 'own', () => '/v1/webhooks/event-types')],
};

import { createEndpointBody, deliveryDetail, deliveryListQuery, deliveryView, emptyBody, endpointView, pageQuery, replayBody, rotateSecretBody, testSendBody, updateEndpointBody } from '@waggle/contracts';
import { z } from 'zod';
import { listOf, type RouteTable } from './route.ts';

const replayCount = z.object({ count: z.int() });
const eventTypeView = z.object({ name: z.string(), description: z.string(), schema: z.looseObject({}), example: z.looseObject({}) });

const NAMED = ['X-Buffy-User-ID'] as const;

export const WEBHOOK_ROUTES: RouteTable = {
  'POST /v1/webhooks/endpoints': { summary: 'Register an endpoint', description: 'The answer holds the signing secret, once.', body: createEndpointBody, answers: { 201: endpointView }, problems: ['url_not_allowed', 'plan_limit_reached'], headers: NAMED },
  'GET /v1/webhooks/endpoints': { summary: 'List endpoints', query: pageQuery, answers: { 200: listOf(endpointView) }, headers: NAMED },
  'GET /v1/webhooks/endpoints/{id}': { summary: 'Read an endpoint', answers: { 200: endpointView }, headers: NAMED },
  'PATCH /v1/webhooks/endpoints/{id}': { summary: 'Change an endpoint', body: updateEndpointBody, answers: { 200: endpointView }, problems: ['url_not_allowed'], headers: NAMED },
  'DELETE /v1/webhooks/endpoints/{id}': { summary: 'Delete an endpoint', answers: { 204: null }, headers: NAMED },
  'POST /v1/webhooks/endpoints/{id}/rotate-secret': { summary: 'Give an endpoint a new secret', description: 'Both sign during the grace time.', body: rotateSecretBody, answers: { 200: endpointView }, headers: NAMED },
  'POST /v1/webhooks/endpoints/{id}/test': { summary: 'Send a test event', description: 'One attempt, answered with the finished delivery.', body: testSendBody, answers: { 200: deliveryDetail }, headers: NAMED },
  'POST /v1/webhooks/endpoints/{id}/enable': { summary: 'Enable an endpoint', body: emptyBody, answers: { 200: endpointView }, headers: NAMED },
  'POST /v1/webhooks/endpoints/{id}/disable': { summary: 'Disable an endpoint', body: emptyBody, answers: { 200: endpointView }, headers: NAMED },
  'POST /v1/webhooks/endpoints/{id}/replay': {
    summary: 'Send again what has failed or was skipped', description: 'The whole schedule anew; a dry run (200) only counts.', body: replayBody,
    answers: { 200: replayCount, 202: replayCount.extend({ operation_id: z.string() }) }, problems: ['invalid_transition'], headers: NAMED,
  },
  'GET /v1/webhooks/deliveries': { summary: 'List deliveries', query: deliveryListQuery, headers: NAMED, answers: { 200: listOf(deliveryView) } },
  'GET /v1/webhooks/deliveries/{id}': { summary: 'Read a delivery with its attempts', answers: { 200: deliveryDetail } },
  'POST /v1/webhooks/deliveries/{id}/retry': { summary: 'Send a finished delivery once more', body: emptyBody, answers: { 202: deliveryView }, problems: ['invalid_transition'] },
  'GET /v1/webhooks/event-types': { summary: 'List the event types', query: pageQuery, answers: { 200: listOf(eventTypeView) } },
};

import { bulkAnswer, bulkResult, INAPP_REFUSAL_STATUSES, inappEventBody, inappRefusal, inboundBody, operationAnswer, operationView, pageQuery, processingReason, processingStatus, award } from '@waggle/contracts';
import { z } from 'zod';
import { listOf, type RouteTable } from './route.ts';

/** Kafka has it; the operation tells what became of it. */
export const accepted = z.object({ status: z.literal('accepted'), operation_id: z.string() });

const bulkBody = z.object({ operations: z.array(z.looseObject({ event: z.string() })).min(1).max(1_000), notify: z.boolean().optional() });
const bulkQuery = z.object({ notify: z.enum(['true', 'false']).optional() });
const inappAnswer = z.object({
  status: z.literal(200),
  message: z.string(),
  data: z.object({
    success: z.literal(true), received: z.literal(true), duplicate: z.boolean(), event_id: z.string(), processing_status: processingStatus, reason: processingReason.optional(), awards: z.array(award),
  }),
});

export const INBOUND_ROUTES: RouteTable = {
  'POST /v1/webhooks/inbound': {
    summary: 'Tell of something that happened', description: 'Processed synchronously; 202 where that takes too long. At most 100 a minute per user.',
    body: inboundBody, answers: { 200: operationAnswer, 202: accepted },
    problems: ['not_found', 'template_not_found', 'invalid_transition', 'activity_archived', 'plan_limit_reached', 'already_exists', 'unknown_event'],
  },
  'POST /v1/activities/bulk': {
    summary: 'Tell of up to 1,000 things at once, or of 100,000 line by line', description: 'Each item is an inbound body, or `{"event":"activity.create","user_id","activity"}`.',
    query: bulkQuery, body: bulkBody, otherBodies: { 'application/x-ndjson': 'One item per line, up to 100,000 lines and 64 MB; always 202.' },
    answers: { 200: bulkAnswer, 202: accepted },
  },
  'GET /v1/operations/{id}': { summary: 'What became of an accepted request', answers: { 200: operationView } },
  'GET /v1/operations/{id}/results': {
    summary: "The results of a bulk request's items", query: pageQuery.extend({ status: bulkResult.shape.status.optional() }), answers: { 200: listOf(bulkResult) },
  },
  'POST /user/inapp/webhooks': {
    summary: 'Send an in-app event', description: 'Its errors have the body `{status, message, data: null, code}`, and codes of their own.', body: inappEventBody, answers: { 200: inappAnswer },
    auth: 'signature', headers: ['X-Buzz-Key-Id', 'X-Buzz-Timestamp', 'X-Buzz-Signature'], refusals: { body: inappRefusal, statuses: INAPP_REFUSAL_STATUSES },
  },
};

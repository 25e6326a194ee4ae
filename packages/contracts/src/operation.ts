import { z } from 'zod';
import { activityView } from './activity.ts';
import { bulkAnswer } from './bulk-command.ts';
import { utcTimestamp } from './scalars.ts';

/** The 200 body of `POST /v1/webhooks/inbound`. */
export const operationAnswer = z.object({
  status: z.enum(['processed', 'unchanged', 'duplicate']),
  operation_id: z.string(),
  activity: activityView.nullable(),
  activities: z.array(activityView).nullable(),
  events: z.array(z.object({ id: z.string(), event: z.string() })),
});
export type OperationAnswer = z.infer<typeof operationAnswer>;

export const refusal = z.object({
  status: z.literal('refused'),
  code: z.enum([
    'not_found', 'activity_archived', 'invalid_transition', 'internal', 'template_not_found', 'already_exists', 'plan_limit_reached', 'validation_failed', 'forbidden',
    'idempotency_key_reused',
  ]),
  detail: z.string(),
  /** Of `validation_failed`: where in the request's body. */
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});
export type Refusal = z.infer<typeof refusal>;

export const operationResult = z.discriminatedUnion('status', [operationAnswer, refusal]);
export type OperationResult = z.infer<typeof operationResult>;

/** What the core publishes on an ingress instance's channel: every reply of one Kafka batch in one message. */
export const replies = z.array(
  z.object({
    operation_id: z.string(),
    /** The first answer to a request with this Idempotency-Key, word for word. */
    replayed: z.boolean().default(false),
    result: z.union([operationResult, bulkAnswer]),
  }),
);
export type Reply = z.infer<typeof replies>[number];

export const operationKind = z.enum(['inbound', 'bulk', 'replay', 'erase']);
export type OperationKind = z.infer<typeof operationKind>;

/** `GET /v1/operations/{id}`. `result` is the synchronous answer, where there is one. */
export const operationView = z.object({
  id: z.string(),
  kind: operationKind,
  status: z.enum(['pending', 'running', 'completed']),
  total: z.int(),
  done: z.int(),
  failed: z.int(),
  result: z.object({ status_code: z.int(), body: z.unknown() }).nullable(),
  created_at: utcTimestamp,
  completed_at: utcTimestamp.nullable(),
});
export type OperationView = z.infer<typeof operationView>;

/** What another service than the core says of an operation that it keeps; null: it knows none of that id. */
export const keptOperation = z.object({ operation: operationView.omit({ id: true, kind: true, created_at: true }).nullable() });
export type KeptOperation = z.infer<typeof keptOperation>['operation'];

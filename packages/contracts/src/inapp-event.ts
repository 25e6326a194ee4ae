import { z } from 'zod';
import { defineMessage, keyOfWallet } from './message.ts';
import { idOf, timestampWithOffset, utcTimestamp } from './scalars.ts';

const TEXT_MAX = 64;

/**
 * An `event_id` or `event_type`. The guide's lengths are JavaScript's: UTF-16 units, where zod and JSON Schema count characters. Characters
 * below U+0020 and U+007F to U+009F have no place in what people read and search for.
 */
export const inappText = z
  .string()
  .min(1)
  .refine((text) => text.length <= TEXT_MAX, `Must be at most ${TEXT_MAX} characters`)
  .refine((text) => text.isWellFormed() && !/\p{Cc}/u.test(text), 'Must not hold control characters or lone surrogates')
  .meta({ maxLength: TEXT_MAX });

export const environment = z.enum(['live', 'test']);
export type Environment = z.infer<typeof environment>;

/** Guide "Request body schema version 1.0". Extra fields are allowed, and are part of the signature. */
export const inappEventBody = z.object({
  schema_version: z.literal('1.0'),
  event_id: inappText,
  event_type: inappText,
  campaign_id: z.int().positive(),
  occurred_at: timestampWithOffset,
  user: z.object({ wallet: z.string().regex(/^0x[0-9a-fA-F]{40}$/, 'Must be 0x and 40 hex digits') }),
});
export type InappEventBody = z.infer<typeof inappEventBody>;

/** Why an in-app event is refused (contract, section 5): codes of this endpoint's own. */
const inappRefusalCode = z.enum([
  'payload_too_large', 'invalid_json', 'validation_failed', 'campaign_mismatch', 'event_type_not_mapped', 'invalid_headers', 'timestamp_out_of_range',
  'invalid_signature', 'inapp_webhooks_disabled', 'quota_exceeded', 'internal', 'unavailable',
]);
export type InappRefusalCode = z.infer<typeof inappRefusalCode>;
export const INAPP_REFUSAL_STATUSES = {
  payload_too_large: 400, invalid_json: 400, validation_failed: 400, campaign_mismatch: 400, event_type_not_mapped: 400,
  invalid_headers: 401, timestamp_out_of_range: 401, invalid_signature: 401,
  inapp_webhooks_disabled: 403, quota_exceeded: 429, internal: 500, unavailable: 503,
} as const satisfies Record<InappRefusalCode, number>;

/** The body of such an answer. `message` is the client's to read. */
export const inappRefusal = z.object({ status: z.int(), message: z.string(), data: z.null(), code: inappRefusalCode });
export type InappRefusal = z.infer<typeof inappRefusal>;

/** A verified in-app event. */
export const inappEvent = defineMessage({
  topic: 'private.campaign.inapp-event.v1',
  data: z.object({
    id: idOf('iev'),
    workspace_id: z.string(),
    campaign_id: z.int().positive(),
    key_id: z.string(),
    environment,
    event_id: z.string(),
    event_type: z.string(),
    occurred_at: utcTimestamp,
    /** In lower case: EIP-55 casing says nothing about which wallet it is. */
    wallet: z.string(),
    received_at: utcTimestamp,
    /** SHA-256 (hex) of the canonical body: tells a repetition from another body under the same id. */
    digest: z.string(),
    /** The exact text received. */
    body: z.string(),
  }),
  key: keyOfWallet,
});
export type InappEvent = z.infer<typeof inappEvent.data>;

export const processingStatus = z.enum(['accepted', 'awarded', 'no_award', 'rejected']);
export const processingReason = z.enum([
  'already_awarded', 'cap_reached', 'outside_window', 'campaign_not_active', 'no_active_mapping', 'campaign_not_found',
]);
export type ProcessingStatus = z.infer<typeof processingStatus>;
export type ProcessingReason = z.infer<typeof processingReason>;

/** An award as everybody sees it (contract, section 5). Points of a revocation are negative. */
export const award = z.object({
  id: idOf('awd'),
  wallet: z.string(),
  task_id: z.string(),
  event_id: z.string(),
  points: z.int(),
  environment,
  occurred_at: utcTimestamp,
  awarded_at: utcTimestamp,
  revokes: z.string().nullable(),
});
export type Award = z.infer<typeof award>;

/** What ingress keeps in Redis about an event it has accepted: written after Kafka's acknowledgement, refreshed by the core. */
export const receipt = z.object({
  digest: z.string(),
  /** Of the event that stands: another body under its id follows it into its partition. Receipts from before this was kept have none. */
  wallet: z.string().optional(),
  processing_status: processingStatus,
  reason: processingReason.nullable(),
  awards: z.array(award),
});
export type Receipt = z.infer<typeof receipt>;

/** 7 days. */
export const RECEIPT_TTL_SECONDS = 604_800;

export function receiptKey(of: { key_id: string; environment: Environment; event_id: string }): string {
  return `receipt:${of.key_id}:${of.environment}:${of.event_id}`;
}

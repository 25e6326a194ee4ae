import { z } from 'zod';
import { award, environment, processingReason, processingStatus } from './inapp-event.ts';
import { label, timestampWithOffset, utcTimestamp } from './scalars.ts';

const window = { starts_at: timestampWithOffset.nullish(), ends_at: timestampWithOffset.nullish() };
const windowView = { starts_at: utcTimestamp.nullable(), ends_at: utcTimestamp.nullable() };
const created = { created_at: utcTimestamp, updated_at: utcTimestamp };

export const campaignStatus = z.enum(['draft', 'active', 'ended']);
export const recurrence = z.enum(['once', 'daily', 'weekly', 'unlimited']);
export type Recurrence = z.infer<typeof recurrence>;

export const createCampaignBody = z.strictObject({
  name: label,
  status: campaignStatus.default('draft'),
  inapp_webhooks_enabled: z.boolean().default(true),
  ...window,
});
export const campaignView = z.object({
  id: z.int(), name: z.string(), status: campaignStatus, inapp_webhooks_enabled: z.boolean(), ...windowView, ...created,
});

export const createTaskBody = z.strictObject({
  name: label,
  verification: z.literal('INAPP_WEBHOOK').default('INAPP_WEBHOOK'),
  points: z.int().positive().max(1_000_000_000),
  recurrence: recurrence.default('once'),
  max_awards: z.int().positive().max(2_000_000_000).nullish(),
  ...window,
});
export const taskView = z.object({
  id: z.string(), campaign_id: z.int(), name: z.string(), verification: z.literal('INAPP_WEBHOOK'), points: z.int(), recurrence,
  max_awards: z.int().nullable(), awards_used: z.int(), ...windowView, ...created,
});

export const createMappingBody = z.strictObject({
  event_type: z.string().min(1).max(64).refine((text) => text.isWellFormed() && !/\p{Cc}/u.test(text), 'Must not hold control characters'),
  task_id: z.string(),
  active: z.boolean().default(true),
});
export const mappingView = z.object({ id: z.string(), campaign_id: z.int(), event_type: z.string(), task_id: z.string(), active: z.boolean(), ...created });

export const createInappKeyBody = z.strictObject({
  label,
  environment: environment.default('live'),
  rate_limit_per_minute: z.int().min(1).max(600_000).default(100),
});
/** `secret` is there in the answer to the creation alone. */
export const inappKeyView = z.object({
  key_id: z.string(), campaign_id: z.int(), label: z.string(), environment, rate_limit_per_minute: z.int(), secret: z.string().optional(), created_at: utcTimestamp,
});

/** Campaign in-app event visibility (guide, last line). */
export const inappEventView = z.object({
  id: z.string(), event_id: z.string(), event_type: z.string(), environment, key_id: z.string(), wallet: z.string(), occurred_at: utcTimestamp,
  received_at: utcTimestamp, processed_at: utcTimestamp, processing_status: processingStatus, reason: processingReason.nullable(), conflict: z.boolean(),
  awards: z.array(award), body: z.string(),
});
export type InappEventView = z.infer<typeof inappEventView>;

import { z } from 'zod';
import { award, environment, inappText, processingReason, processingStatus } from './inapp-event.ts';
import { cleanText, label, timestampWithOffset, utcTimestamp } from './scalars.ts';

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
/** What is not given stays; null opens a window again. */
export const changeCampaignBody = z.strictObject({
  name: label.optional(), status: campaignStatus.optional(), inapp_webhooks_enabled: z.boolean().optional(), ...window,
});
export type ChangeCampaignBody = z.infer<typeof changeCampaignBody>;
export const campaignView = z.object({
  id: z.int(), name: z.string(), status: campaignStatus, inapp_webhooks_enabled: z.boolean(), ...windowView, ...created,
});

const verification = z.literal('INAPP_WEBHOOK');
const points = z.int().positive().max(1_000_000_000);
const maxAwards = z.int().positive().max(2_000_000_000).nullish();

export const createTaskBody = z.strictObject({
  name: label,
  verification: verification.default('INAPP_WEBHOOK'),
  points,
  recurrence: recurrence.default('once'),
  max_awards: maxAwards,
  ...window,
});
/** For awards from now on. A cap below what is used up already takes nothing back. */
export const changeTaskBody = z.strictObject({
  name: label.optional(), verification: verification.optional(), points: points.optional(), recurrence: recurrence.optional(), max_awards: maxAwards, ...window,
});
export type ChangeTaskBody = z.infer<typeof changeTaskBody>;
export const taskView = z.object({
  id: z.string(), campaign_id: z.int(), name: z.string(), verification, points: z.int(), recurrence,
  max_awards: z.int().nullable(), awards_used: z.int(), ...windowView, ...created,
});

export const createMappingBody = z.strictObject({
  event_type: inappText,
  task_id: cleanText,
  active: z.boolean().default(true),
});
export type CreateMappingBody = z.infer<typeof createMappingBody>;
export const changeMappingBody = z.strictObject({ event_type: inappText.optional(), task_id: cleanText.optional(), active: z.boolean().optional() });
export type ChangeMappingBody = z.infer<typeof changeMappingBody>;
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

export const revokeAwardBody = z.strictObject({ reason: cleanText.min(1).max(2_000) });

/** An entry of the ledger. `reason` is why an award was taken back; null for an award. */
export const awardView = award.extend({ reason: z.string().nullable() });
export type AwardView = z.infer<typeof awardView>;

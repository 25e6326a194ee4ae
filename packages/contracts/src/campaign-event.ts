import { z } from 'zod';
import { award, environment, processingReason, processingStatus } from './inapp-event.ts';
import { defineMessage } from './message.ts';
import { idOf, utcTimestamp } from './scalars.ts';

const envelope = z.object({
  event: z.string(),
  timestamp: utcTimestamp,
  /** The wallet, in lower case. */
  user_id: z.string(),
  id: idOf('evt'),
  workspace_id: z.string(),
});

/** `id`, `type` and `name` are what every entity has: here the award's id, its task's id and name. */
const awardEntity = award.extend({ campaign_id: z.int(), type: z.literal('award'), name: z.string() });

const inappEventEntity = z.object({
  id: idOf('iev'),
  campaign_id: z.int(),
  event_id: z.string(),
  event_type: z.string(),
  environment,
  occurred_at: utcTimestamp,
  processing_status: processingStatus,
  reason: processingReason.nullable(),
  awards: z.array(award),
});

export const campaignEventTypes = {
  'inapp_event.processed': envelope.extend({ event: z.literal('inapp_event.processed'), inapp_event: inappEventEntity }),
  'award.granted': envelope.extend({ event: z.literal('award.granted'), award: awardEntity }),
  /** The entry that takes an award back: `points` are negative, `revokes` is the award's id. */
  'award.revoked': envelope.extend({ event: z.literal('award.revoked'), award: awardEntity.extend({ revokes: z.string(), reason: z.string().optional() }) }),
} as const;

export const campaignEvent = defineMessage({
  topic: 'public.campaign.event.v1',
  data: z.discriminatedUnion('event', [campaignEventTypes['inapp_event.processed'], campaignEventTypes['award.granted'], campaignEventTypes['award.revoked']]),
  key: (event) => `${'award' in event ? event.award.campaign_id : event.inapp_event.campaign_id}:${event.user_id}`,
});
export type CampaignEvent = z.infer<typeof campaignEvent.data>;

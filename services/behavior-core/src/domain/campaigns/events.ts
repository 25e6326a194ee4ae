import { derivedId, type CampaignEvent, type InappEvent } from '@waggle/contracts';
import type { GrantedAward, Outcome } from './campaign.ts';

/** What happened, in order: each award, then the event that caused them. Deciding a redelivered event again would give the same ids. */
export function campaignEvents(event: InappEvent, outcome: Outcome, { granted, now }: { granted: readonly GrantedAward[]; now: string }): CampaignEvent[] {
  const envelope = (index: number) => ({
    id: derivedId('evt', Date.parse(event.received_at), event.id, index),
    timestamp: now,
    user_id: event.wallet,
    workspace_id: event.workspace_id,
  });
  const { id, campaign_id, event_id, event_type, environment, occurred_at } = event;
  return [
    ...granted.map(({ award, task }, index): CampaignEvent => ({
      event: 'award.granted',
      ...envelope(index),
      award: { ...award, campaign_id, type: 'award', name: task.name },
    })),
    {
      event: 'inapp_event.processed',
      ...envelope(granted.length),
      inapp_event: {
        id, campaign_id, event_id, event_type, environment, occurred_at,
        processing_status: outcome.status, reason: outcome.reason, awards: outcome.awards,
      },
    },
  ];
}

import type { InappEventBody, InappKeyIntrospection } from '@waggle/contracts';
import { Refused } from './refused.ts';

type Key = Pick<Extract<InappKeyIntrospection, { active: true }>, 'campaign_id' | 'inapp_webhooks_enabled' | 'event_types'>;

/** What a key may send: campaign, then the switch, then the mapping. */
export function requirePermission(key: Key, { campaign_id, event_type }: InappEventBody): void {
  if (campaign_id !== key.campaign_id) throw new Refused('campaign_mismatch', 'This key belongs to another campaign');
  if (!key.inapp_webhooks_enabled) throw new Refused('inapp_webhooks_disabled', 'In-app webhooks are disabled for this campaign');
  if (!key.event_types.includes(event_type)) throw new Refused('event_type_not_mapped', 'This event type has no active mapping in the campaign');
}

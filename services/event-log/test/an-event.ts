import { randomUUID } from 'node:crypto';
import { behaviorEvent, campaignEvent, newId, type BehaviorEvent, type CampaignEvent } from '@waggle/contracts';
import { cloudEventHeaders, toRecord, type KafkaRecord } from '@waggle/kafka';

type Completed = Extract<BehaviorEvent, { event: 'activity.completed' | 'activity.skipped' }>;
type Granted = Extract<CampaignEvent, { event: 'award.granted' }>;

/** A valid event: the test states what it is about, the rest is filled in. */
export function anEvent({ activity, ...fields }: Partial<Omit<Completed, 'activity'>> & { activity?: string } = {}): BehaviorEvent {
  const entity = { id: activity ?? 'act_xyz789', type: 'habit', name: 'Drink water', channel: 'telegram' } as const;
  return {
    event: 'activity.completed',
    timestamp: '2026-03-28T08:12:44Z',
    user_id: 'usr_abc123',
    activity: { ...entity, occurrence_date: '2026-03-28', streak: { current: 4, longest: 12 } },
    id: newId('evt'),
    workspace_id: 'ws_demo',
    ...fields,
  };
}

export function anAward(fields: Partial<Granted> = {}): Granted {
  const wallet = fields.user_id ?? '0x52908400098527886e0f7030069857d2e4169ee7';
  return {
    event: 'award.granted',
    timestamp: '2026-03-28T08:12:44Z',
    user_id: wallet,
    award: {
      id: newId('awd'), type: 'award', name: 'First purchase', campaign_id: 42, wallet, task_id: newId('tsk'), event_id: `evt_${randomUUID()}`, points: 10,
      environment: 'live', occurred_at: '2026-01-02T03:04:05Z', awarded_at: '2026-03-28T08:12:44Z', revokes: null,
    },
    id: newId('evt'),
    workspace_id: 'ws_demo',
    ...fields,
  };
}

/** As the core publishes it. */
export function recordOf(event: BehaviorEvent | CampaignEvent): KafkaRecord {
  const headers = cloudEventHeaders(event, 'waggle/behavior-core');
  const campaign = campaignEvent.data.safeParse(event);
  return campaign.success ? toRecord(campaignEvent, campaign.data, headers) : toRecord(behaviorEvent, behaviorEvent.data.parse(event), headers);
}

import { randomBytes } from 'node:crypto';
import { behaviorEvent, campaignEvent, newId, type BehaviorEvent, type CampaignEvent } from '@waggle/contracts';
import { cloudEventHeaders, toRecord, type KafkaRecord } from '@waggle/kafka';
import { createSealedBox, encryptionKeys } from '@waggle/runtime';
import type { Pool } from 'pg';
import { createEndpointStore } from '../src/adapters/endpoint-store.ts';

/** A valid event: the test states what it is about, the rest is filled in. */
export function anEvent(given: { workspaceId?: string; userId?: string; name?: string } = {}): BehaviorEvent {
  return {
    event: 'activity.completed',
    timestamp: '2026-03-28T08:12:44Z',
    user_id: given.userId ?? 'usr_1',
    activity: {
      id: 'act_xyz789', type: 'habit', name: given.name ?? 'Drink water', channel: 'telegram', occurrence_date: '2026-03-28', streak: { current: 4, longest: 12 },
    },
    id: newId('evt'),
    workspace_id: given.workspaceId ?? 'ws_1',
  };
}

export function anAward(workspaceId: string, wallet: string): CampaignEvent {
  const at = '2026-03-28T08:12:44Z';
  return {
    event: 'award.granted', timestamp: at, user_id: wallet,
    award: {
      id: newId('awd'), type: 'award', name: 'First purchase', campaign_id: 42, wallet, task_id: newId('tsk'), event_id: 'evt_purchase_1', points: 100,
      environment: 'live', occurred_at: at, awarded_at: at, revokes: null,
    },
    id: newId('evt'),
    workspace_id: workspaceId,
  };
}

export const recordOf = (event: BehaviorEvent): KafkaRecord => toRecord(behaviorEvent, event, cloudEventHeaders(event, 'waggle/behavior-core'));
export const recordOfAward = (event: CampaignEvent): KafkaRecord => toRecord(campaignEvent, event, cloudEventHeaders(event, 'waggle/behavior-core'));

/** Registers an endpoint past the API, whose keys belong to the core. */
export async function anEndpoint(pool: Pool, keys: string | undefined, given: { url: string; workspaceId?: string; userId?: string; eventTypes?: string[] }) {
  const id = newId('whe');
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  await createEndpointStore(pool).insert({ keyId: 'key_1', requestId: 'req_1' }, {
    workspaceId: given.workspaceId ?? 'ws_1', id, userId: given.userId ?? null, url: given.url, eventTypes: given.eventTypes ?? ['*'], description: null,
    sealedSecret: createSealedBox(encryptionKeys.parse(keys)).seal(secret, id),
  });
  return { id, secret };
}

import { behaviorEvent, campaignEvent, newId, type BehaviorEvent, type CampaignEvent } from '@waggle/contracts';
import { cloudEventHeaders, toRecord, type KafkaRecord } from '@waggle/kafka';
import { createSealedBox, encryptionKeys } from '@waggle/runtime';
import type { Pool } from 'pg';
import { newSecret } from '../src/adapters/endpoint-secrets.ts';
import type { Administrator } from '../src/adapters/endpoint-row.ts';
import { createEndpointStore, type NewEndpoint } from '../src/adapters/endpoint-store.ts';

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

export const by: Administrator = { keyId: 'key_1', requestId: 'req_1' };
export const storeOf = (pool: Pool) => createEndpointStore(pool, { perOwnerMax: 100 });
export const aNewEndpoint = (given: Partial<NewEndpoint> = {}): NewEndpoint => ({
  workspaceId: 'ws_1', id: newId('whe'), userId: null, url: 'https://example.org', eventTypes: ['*'], description: null, sealedSecret: '', sealedHeaders: null,
  ordering: 'none', maxInFlight: 8, ...given,
});

/** Registers an endpoint past the API, whose keys belong to the core. */
export async function anEndpoint(pool: Pool, keys: string | undefined, given: Partial<NewEndpoint>) {
  const id = newId('whe');
  const secret = newSecret();
  await storeOf(pool).insert(by, aNewEndpoint({ ...given, id, sealedSecret: createSealedBox(encryptionKeys.parse(keys)).seal(secret, id) }));
  return { id, secret };
}

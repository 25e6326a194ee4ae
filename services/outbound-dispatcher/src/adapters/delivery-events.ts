import { derivedId, newId, toUtc, webhookDeliveryEvent, type DisabledReason, type WebhookDeliveryEvent } from '@waggle/contracts';
import { cloudEventHeaders, toRecord, type KafkaRecord } from '@waggle/kafka';
import { timeOf } from '../domain/plan-deliveries.ts';
import type { DeliveryResult } from './delivery-results.ts';

type Finished = Pick<DeliveryResult, 'reason' | 'attempt'> & {
  status: DeliveryResult['status'];
  delivery: Pick<DeliveryResult['delivery'], 'workspaceId' | 'id' | 'endpointId' | 'eventId' | 'event' | 'userId' | 'attemptCount'>;
};

const NAMES = { succeeded: 'delivery.succeeded', failed: 'delivery.failed', skipped: 'delivery.skipped', retrying: null } as const;

/**
 * For operators and BI: what became of a delivery. Told again it has the same id; but what was skipped is told in the transaction that records
 * it, once, and may be skipped once more without an attempt in between, which is another event.
 */
export function deliveryFinished({ delivery, status, reason, attempt }: Finished): KafkaRecord {
  const name = NAMES[status];
  if (name === null) throw new Error(`Delivery ${delivery.id} is not finished`);
  const attemptCount = attempt === null ? delivery.attemptCount : attempt.number;
  const { workspaceId, id, endpointId, eventId, event, userId } = delivery;
  return toDeliveryRecord({
    event: name,
    timestamp: toUtc(new Date()),
    id: status === 'skipped' ? newId('evt') : derivedId('evt', timeOf(id), id, attemptCount, status),
    workspace_id: workspaceId,
    endpoint_id: endpointId,
    delivery: { id, event_id: eventId, event, user_id: userId, reason, attempt_count: attemptCount },
  });
}

/** An endpoint gets nothing more. */
export function endpointDisabled({ workspaceId, id, reason }: { workspaceId: string; id: string; reason: DisabledReason }): KafkaRecord {
  const envelope = { id: newId('evt'), timestamp: toUtc(new Date()), workspace_id: workspaceId, endpoint_id: id };
  return toDeliveryRecord({ event: 'endpoint.disabled', ...envelope, endpoint: { id, disabled_reason: reason } });
}

function toDeliveryRecord(event: WebhookDeliveryEvent): KafkaRecord {
  const { id, event: name, timestamp, endpoint_id: subject } = event;
  return toRecord(webhookDeliveryEvent, event, cloudEventHeaders({ id, event: name, timestamp, user_id: subject }, 'waggle/outbound-dispatcher'));
}

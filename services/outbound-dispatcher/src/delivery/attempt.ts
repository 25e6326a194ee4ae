import type { Logger } from '@waggle/runtime';
import type { DeliveryResult } from '../adapters/delivery-results.ts';
import type { Delivery } from '../domain/delivery.ts';
import type { Endpoint } from '../domain/endpoint.ts';
import { afterAttempt } from '../domain/retry-schedule.ts';
import type { AttemptMetrics } from './attempt-metrics.ts';
import type { SendAttempt } from './send-attempt.ts';

interface AttemptDeps {
  findEndpoint(workspaceId: string, id: string): Endpoint | undefined;
  sendAttempt: SendAttempt;
  metrics: AttemptMetrics;
  logger: Logger;
}

const GONE = 410;

/** Makes one attempt, or decides against it, and says what becomes of the delivery. */
export function createAttempt({ findEndpoint, sendAttempt, metrics, logger }: AttemptDeps, { delaysMs }: { delaysMs: readonly number[] }) {
  return async function attempt(delivery: Delivery): Promise<DeliveryResult> {
    const endpoint = findEndpoint(delivery.workspaceId, delivery.endpointId);
    if (endpoint === undefined) return withoutAttempt(delivery, 'endpoint_deleted');
    // Somebody who tries one by hand wants to know whether it gets through again.
    if ((endpoint.status === 'disabled' || delivery.isOver) && !delivery.isSingle) return withoutAttempt(delivery, 'endpoint_disabled');

    const { result, attempt: made } = await sendAttempt(endpoint, delivery);
    const attemptsMade = made.number - delivery.attemptsBefore;
    const after = afterAttempt(result, { attemptsMade, delaysMs: delivery.isSingle ? [] : delaysMs, random: Math.random(), nowMs: Date.now() });
    metrics.observe(after.status, made.duration_ms / 1_000);
    logger.info(
      {
        workspace_id: delivery.workspaceId, endpoint_id: endpoint.id, delivery_id: delivery.id, event_id: delivery.eventId, event: delivery.event,
        attempt: made.number, status_code: result.statusCode, error: after.reason, duration_ms: made.duration_ms, outcome: after.status,
      },
      'attempt',
    );
    return {
      delivery,
      status: after.status,
      reason: after.reason,
      attempt: made,
      delayMs: after.status === 'retrying' ? after.delayMs : null,
      isGone: after.status === 'failed' && result.statusCode === GONE && !delivery.isSingle,
    };
  };
}

function withoutAttempt(delivery: Delivery, reason: string): DeliveryResult {
  return { delivery, status: 'skipped', reason, attempt: null, delayMs: null, isGone: false };
}

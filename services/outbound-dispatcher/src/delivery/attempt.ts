import { toUtc } from '@waggle/contracts';
import type { Logger } from '@waggle/runtime';
import type { DeliveryResult } from '../adapters/delivery-queue.ts';
import type { Send } from '../adapters/sender.ts';
import { errorOf } from '../domain/attempt-result.ts';
import type { Delivery } from '../domain/delivery.ts';
import type { Endpoint } from '../domain/endpoint.ts';
import { afterAttempt } from '../domain/retry-schedule.ts';
import { attemptHeaders } from './attempt-headers.ts';
import type { AttemptMetrics } from './attempt-metrics.ts';

interface AttemptDeps {
  findEndpoint(workspaceId: string, id: string): Endpoint | undefined;
  openSecret(sealed: string, endpointId: string): string;
  send: Send;
  metrics: AttemptMetrics;
  logger: Logger;
}

/** Makes one attempt, or decides against it, and says what becomes of the delivery. */
export function createAttempt({ findEndpoint, openSecret, send, metrics, logger }: AttemptDeps, { delaysMs }: { delaysMs: readonly number[] }) {
  return async function attempt(delivery: Delivery): Promise<DeliveryResult> {
    const endpoint = findEndpoint(delivery.workspaceId, delivery.endpointId);
    if (endpoint === undefined) return withoutAttempt(delivery, 'endpoint_deleted');
    if (endpoint.status === 'disabled') return withoutAttempt(delivery, 'endpoint_disabled');

    const startedAtMs = Date.now();
    const started = performance.now();
    const secret = openSecret(endpoint.sealedSecret, endpoint.id);
    const result = await send({ url: endpoint.url, headers: attemptHeaders(delivery, secret, startedAtMs), body: delivery.body });
    const durationMs = Math.round(performance.now() - started);

    const number = delivery.attemptCount + 1;
    const after = afterAttempt(result, { attemptsMade: number, delaysMs, random: Math.random(), nowMs: Date.now() });
    metrics.observe(after.status, durationMs / 1_000);
    logger.info(
      {
        workspace_id: delivery.workspaceId, endpoint_id: endpoint.id, delivery_id: delivery.id, event_id: delivery.eventId, event: delivery.event,
        attempt: number, status_code: result.statusCode, error: after.reason, duration_ms: durationMs, outcome: after.status,
      },
      'attempt',
    );
    return {
      ...identityOf(delivery),
      status: after.status,
      reason: after.reason,
      attempt: {
        number, started_at: toUtc(new Date(startedAtMs)), duration_ms: durationMs, status_code: result.statusCode, error: errorOf(result), response_body: result.responseBody,
      },
      delayMs: after.status === 'retrying' ? after.delayMs : null,
    };
  };
}

const identityOf = ({ workspaceId, id, attemptCount }: Delivery) => ({ workspaceId, id, attemptCount });

function withoutAttempt(delivery: Delivery, reason: string): DeliveryResult {
  return { ...identityOf(delivery), status: 'skipped', reason, attempt: null, delayMs: null };
}

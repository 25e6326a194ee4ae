import { toUtc } from '@waggle/contracts';
import type { Logger } from '@waggle/runtime';
import type { DeliveryResult } from '../adapters/delivery-results.ts';
import type { Send } from '../adapters/sender.ts';
import { errorOf, type AttemptResult } from '../domain/attempt-result.ts';
import { formatRequest } from '../domain/channels/format-request.ts';
import { isRefusal, readAnswer } from '../domain/channels/service-answer.ts';
import type { Delivery } from '../domain/delivery.ts';
import { afterAttempt } from '../domain/retry-schedule.ts';
import { asChannelDelivery, type ChannelDelivery } from './channel-delivery.ts';
import type { ChannelMetrics } from './channel-metrics.ts';

interface ChannelAttemptDeps {
  send: Send;
  metrics: ChannelMetrics;
  logger: Logger;
}

const DISCONNECTED = 'channel_disconnected';

const STORED: AttemptResult = { statusCode: null, failure: null, retryAfter: null, responseBody: null };

/** One request in the service's own form, by the retry schedule of webhooks. */
export function createChannelAttempt({ send, metrics, logger }: ChannelAttemptDeps, { delaysMs }: { delaysMs: readonly number[] }) {
  return async function attempt(given: Delivery): Promise<DeliveryResult> {
    const delivery = asChannelDelivery(given);
    const { connection } = delivery;
    if (connection === null) return withoutAttempt(delivery, DISCONNECTED);

    const [startedAtMs, started, number] = [Date.now(), performance.now(), delivery.attemptCount + 1];
    const request = formatRequest(connection.credentials, { id: delivery.id, channel: delivery.channel, text: delivery.text, event: delivery.message, attempt: number }, startedAtMs);
    const result = request === null ? STORED : readAnswer(connection.credentials.kind, await send(request));
    const after = afterAttempt(result, { attemptsMade: number, delaysMs, random: Math.random(), nowMs: Date.now() });
    const durationMs = Math.round(performance.now() - started);
    metrics.observe(connection.credentials.kind, after.status);
    logger.info(
      {
        workspace_id: delivery.workspaceId, message_id: delivery.id, event_id: delivery.eventId, event: delivery.event, kind: connection.credentials.kind,
        attempt: number, status_code: result.statusCode, error: after.reason, duration_ms: durationMs, outcome: after.status,
      },
      'channel attempt',
    );
    return {
      delivery,
      status: after.status,
      reason: after.reason,
      attempt: { number, started_at: toUtc(new Date(startedAtMs)), duration_ms: durationMs, status_code: result.statusCode, error: errorOf(result), response_body: null },
      delayMs: after.status === 'retrying' ? after.delayMs : null,
      isGone: isRefusal(result),
    };
  };
}

function withoutAttempt(delivery: ChannelDelivery, reason: string): DeliveryResult {
  return { delivery, status: 'skipped', reason, attempt: null, delayMs: null, isGone: false };
}

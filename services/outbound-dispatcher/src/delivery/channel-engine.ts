import type { Logger } from '@waggle/runtime';
import type { FindConnections } from '../adapters/channels/channel-directory.ts';
import type { ChannelQueue, MessageResult } from '../adapters/channels/channel-queue.ts';
import type { ClaimLimits } from '../adapters/delivery-queue.ts';
import type { DeliveryResult } from '../adapters/delivery-results.ts';
import type { Delivery } from '../domain/delivery.ts';
import { hostOf } from '../domain/channels/format-request.ts';
import { asChannelDelivery, toChannelDelivery } from './channel-delivery.ts';
import { createDeliveryEngine, type DeliveryEngine } from './engine.ts';

interface ChannelEngineDeps {
  queue: ChannelQueue;
  findConnections: FindConnections;
  attempt(delivery: Delivery): Promise<DeliveryResult>;
  /** Tells the outbox relay which keys have something new. */
  wake(keys: readonly string[]): void;
  logger: Logger;
}

interface ChannelEngineSettings {
  leaseMs: number;
  attemptTimeoutMs: number;
  perHost: number;
  inAll: number;
}

/** Nobody can say where to send it: no attempt is used up. */
const UNKNOWN_PAUSE_MS = 2_000;
const POLL_MS = 200;

/**
 * The messages of channels in an engine of their own, so that webhooks do not notice them. What is leased is a user's whole channel: of each
 * only the first message is in hand, and the next comes after its last attempt.
 */
export function createChannelEngine({ queue, findConnections, attempt, wake, logger }: ChannelEngineDeps, { leaseMs, attemptTimeoutMs, perHost, inAll }: ChannelEngineSettings): DeliveryEngine {
  async function claim(limits: ClaimLimits): Promise<Delivery[]> {
    const leaseEndsAt = performance.now() + leaseMs;
    const leased = await queue.claim(limits);
    if (leased.length === 0) return [];
    const heads = new Map((await queue.findHeads(leased)).map((head) => [keyOf(head), head]));
    const waiting = leased.filter((one) => heads.has(keyOf(one)));
    // A failing one may have been connected anew a moment ago.
    const connections = await findConnections(waiting.map(({ workspaceId, userId, channel, isFailing }) => ({ workspace_id: workspaceId, user_id: userId, channel, isDoubted: isFailing })));
    const unknown = waiting.filter((_, index) => connections[index] === undefined);
    await Promise.all([queue.rest(leased.filter((one) => !heads.has(keyOf(one)))), queue.putOff(unknown, UNKNOWN_PAUSE_MS)]);
    return waiting.flatMap((one, index) => {
      const connection = connections[index];
      return connection === undefined ? [] : [toChannelDelivery(heads.get(keyOf(one))!, { connection, leaseEndsAt })];
    });
  }

  return createDeliveryEngine(
    {
      queue: { claim, handBack: (deliveries) => queue.putOff(deliveries.map(asChannelDelivery), 0), release: queue.release },
      breaker: { isPaused: () => false, paused: () => [], probe: async () => [] },
      report: async (results) => wake(await queue.record(results.map(toMessageResult))),
      refreshEndpoints: async () => {},
      attempt,
      logger,
    },
    { lanes: { perEndpoint: () => perHost, inAll, heldPerEndpoint: 500, heldInAll: 5_000, leaseMs }, attemptTimeoutMs, pollMs: POLL_MS },
  );
}

const keyOf = ({ workspaceId, userId, channel }: { workspaceId: string; userId: string; channel: string }) => JSON.stringify([workspaceId, userId, channel]);

const STATUSES = { succeeded: 'delivered', failed: 'failed', skipped: 'failed', retrying: 'pending' } as const;

function toMessageResult({ delivery, status, reason, attempt, delayMs, isGone }: DeliveryResult): MessageResult {
  const { workspaceId, userId, id, channel, connection, attemptCount: attempts } = asChannelDelivery(delivery);
  return {
    head: { workspaceId, userId, channel, id, attempts },
    status: STATUSES[status],
    error: reason,
    isAttempt: attempt !== null,
    delayMs,
    connectionId: connection?.connection_id ?? null,
    host: connection === null ? '' : hostOf(connection.credentials),
    isRefused: isGone,
  };
}

import { transact } from '@waggle/database';
import type { Pool } from 'pg';
import type { DeliveryQueue, InsertPlan } from '../adapters/delivery-queue.ts';
import type { EndpointDirectory } from '../adapters/endpoint-directory.ts';
import { withoutErased } from '../adapters/erasure-store.ts';
import type { Delivery } from '../domain/delivery.ts';
import type { WebhookEvent } from '../domain/event.ts';
import { planDeliveries } from '../domain/plan-deliveries.ts';
import type { DeliveryEngine } from './engine.ts';

interface FanOutDeps {
  pool: Pool;
  directory: EndpointDirectory;
  insert: DeliveryQueue['insert'];
  engine: Pick<DeliveryEngine, 'room' | 'accept'>;
}

export type FanOut = (events: readonly WebhookEvent[]) => Promise<void>;

/** Events per transaction: each may be for a hundred endpoints, and a transaction is to stay well under two seconds. */
const CHUNK = 250;

/** Events → deliveries, one batched insert per transaction; then their first attempts, if there is room. */
export function createFanOut({ pool, directory, insert, engine }: FanOutDeps, { leaseMs }: { leaseMs: number }): FanOut {
  async function fanOut(events: readonly WebhookEvent[]): Promise<void> {
    // Taken before BEGIN, and so not later than the database's clock takes it.
    const leaseEndsAt = performance.now() + leaseMs;
    const toAttempt = await transact(pool, {
      // In this transaction: an endpoint that was committed before these events is known to it.
      async load(tx) {
        const [deliverable] = await Promise.all([withoutErased(tx, events), directory.refresh(tx)]);
        return deliverable;
      },
      decide: (deliverable) => lease(deliverable.flatMap((event) => planDeliveries(event, directory.inWorkspace(event.workspaceId)))),
      async save(tx, plans) {
        const inserted = await insert(tx, plans);
        return plans.filter(({ id, isLeased }) => isLeased && inserted.has(id));
      },
    });
    engine.accept(toAttempt.map((plan) => toDelivery(plan, leaseEndsAt)));
  }

  /** What finds no room is inserted without a lease, for whoever has room first. */
  function lease(plans: ReturnType<typeof planDeliveries>): InsertPlan[] {
    const rooms = new Map<string, number>();
    return plans.map((plan) => {
      const room = rooms.get(plan.endpointId) ?? engine.room(plan.endpointId);
      const isLeased = plan.status === 'pending' && room > 0;
      rooms.set(plan.endpointId, isLeased ? room - 1 : room);
      return { ...plan, isLeased };
    });
  }

  return async (events) => {
    // A record may be twice in one batch; its delivery must not be.
    const unique = [...new Map(events.map((event) => [`${event.workspaceId} ${event.id}`, event])).values()];
    for (let start = 0; start < unique.length; start += CHUNK) await fanOut(unique.slice(start, start + CHUNK));
  };
}

function toDelivery({ workspaceId, id, endpointId, event }: InsertPlan, leaseEndsAt: number): Delivery {
  return { workspaceId, id, endpointId, eventId: event.id, event: event.event, body: event.body, attemptCount: 0, leaseEndsAt };
}

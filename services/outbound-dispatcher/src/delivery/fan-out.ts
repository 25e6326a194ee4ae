import { classifyFailure, transact } from '@waggle/database';
import type { KafkaRecord } from '@waggle/kafka';
import { appendToOutbox } from '@waggle/outbox';
import type { ClientBase, Pool } from 'pg';
import { insertMessages, type NewMessage } from '../adapters/channels/channel-queue.ts';
import { deliveryFinished } from '../adapters/delivery-events.ts';
import type { DeliveryQueue, InsertPlan } from '../adapters/delivery-queue.ts';
import type { EndpointDirectory } from '../adapters/endpoint-directory.ts';
import { withoutErased } from '../adapters/erasure-store.ts';
import { queuesOf } from '../adapters/turns.ts';
import type { Delivery } from '../domain/delivery.ts';
import type { WebhookEvent } from '../domain/event.ts';
import { planPortion, type PlannedDelivery } from '../domain/plan-deliveries.ts';
import type { DeliveryEngine } from './engine.ts';

interface FanOutDeps {
  pool: Pool;
  directory: EndpointDirectory;
  queue: Pick<DeliveryQueue, 'insert' | 'lockQueues' | 'passTurns'>;
  engine: Pick<DeliveryEngine, 'room' | 'accept'>;
}

/** `feed`: what is told of some of the events in the feed that everybody has. To be there is to be told. */
export type FanOut = (events: readonly WebhookEvent[], feed?: readonly NewMessage[]) => Promise<void>;

/** Of a transaction, which is to stay well under two seconds. */
const EVENTS_MAX = 250;
/** An event may be for hundreds of endpoints. Each delivery that waits for its turn takes a lock, and PostgreSQL has room for so many in all. */
const DELIVERIES_MAX = 1_000;

/** Events → deliveries and messages of the feed, one batched insert of each per transaction; then first attempts, if there is room. */
export function createFanOut({ pool, directory, queue, engine }: FanOutDeps, { leaseMs }: { leaseMs: number }): FanOut {
  /** One transaction's portion. Tells with how many of the events it is done. */
  async function fanOut(events: readonly WebhookEvent[], messages: ReadonlyMap<string, NewMessage>): Promise<number> {
    if (await concernsNobody(events, messages)) return events.length;
    // Taken before BEGIN, and so not later than the database's clock takes it.
    const leaseEndsAt = performance.now() + leaseMs;
    const { toAttempt, doneCount } = await transact(pool, {
      load: (tx) => takePortion(tx, events),
      decide: ({ pending, newlySkipped, ...portion }) => ({
        plans: lease(pending), untold: newlySkipped.map(toSkippedRecord), told: portion.events.flatMap((event) => messages.get(eventKey(event)) ?? []), portion,
      }),
      async save(tx, { plans, untold, told, portion }) {
        const ordered = queuesOf(plans.filter(({ isOrdered }) => isOrdered).map(({ endpointId, event, isLeased }) => ({ endpointId, userId: event.userId, isLeased })));
        const [, inserted, passed] = await Promise.all([
          ordered.length > 0 ? queue.lockQueues(tx, ordered) : undefined,
          queue.insert(tx, plans),
          ordered.length > 0 ? queue.passTurns(tx, ordered) : new Set<string>(),
          appendToOutbox(tx, untold),
          insertMessages(tx, told, 'delivered'),
        ]);
        return { ...portion, toAttempt: plans.filter(({ id, isLeased, isOrdered }) => isLeased && (isOrdered ? passed : inserted).has(id)) };
      },
    });
    engine.accept(toAttempt.map((plan) => toDelivery(plan, leaseEndsAt)));
    return doneCount;
  }

  /** In the transaction: an endpoint that was committed before these events is known to it. */
  async function takePortion(tx: ClientBase, events: readonly WebhookEvent[]) {
    const [deliverable] = await Promise.all([withoutErased(tx, events), directory.refresh(tx)]);
    const portion = planPortion(deliverable, directory.inWorkspace, DELIVERIES_MAX);
    const rest = deliverable[portion.events.length];
    const [skipped, pending] = [portion.plans.filter(isSkipped), portion.plans.filter((plan) => !isSkipped(plan))];
    // A round trip more, where there are such: only what is new is told. One that was there is told already, and may have come to another end.
    const inserted = await queue.insert(tx, skipped.map((plan) => ({ ...plan, isLeased: false })));
    const newlySkipped = skipped.filter(({ id }) => inserted.has(id));
    return { events: portion.events, pending, newlySkipped, doneCount: rest === undefined ? events.length : events.indexOf(rest) };
  }

  /** A transaction for nothing would cost more than all else that most users' events cost here. */
  async function concernsNobody(events: readonly WebhookEvent[], messages: ReadonlyMap<string, NewMessage>): Promise<boolean> {
    const isSo = () => events.every((event) => !messages.has(eventKey(event)) && directory.inWorkspace(event.workspaceId).length === 0);
    if (!isSo()) return false;
    await directory.refresh(pool).catch((error: unknown) => { throw classifyFailure(error); });
    return isSo();
  }

  /** Of what is pending. What finds no room is inserted without a lease, for whoever has room first. Of those that wait for each other one takes room. */
  function lease(plans: readonly PlannedDelivery[]): InsertPlan[] {
    const rooms = new Map<string, number>();
    const leasedQueues = new Map<string, boolean>();
    return plans.map((plan) => {
      const queueKey = `${plan.endpointId} ${plan.event.userId}`;
      const known = plan.isOrdered ? leasedQueues.get(queueKey) : undefined;
      if (known !== undefined) return { ...plan, isLeased: known };
      const room = rooms.get(plan.endpointId) ?? engine.room(plan.endpointId);
      const isLeased = room > 0;
      rooms.set(plan.endpointId, isLeased ? room - 1 : room);
      leasedQueues.set(queueKey, isLeased);
      return { ...plan, isLeased };
    });
  }

  return async (events, feed = []) => {
    // A record may be twice in one batch; its delivery must not be.
    const unique = [...new Map(events.map((event) => [eventKey(event), event])).values()];
    const messages = new Map(feed.map((message) => [eventKey({ workspaceId: message.workspaceId, id: message.event.id }), message]));
    for (let start = 0; start < unique.length; ) start += await fanOut(unique.slice(start, start + EVENTS_MAX), messages);
  };
}

const eventKey = ({ workspaceId, id }: Pick<WebhookEvent, 'workspaceId' | 'id'>) => `${workspaceId} ${id}`;

const isSkipped = ({ status }: PlannedDelivery) => status === 'skipped';

function toSkippedRecord({ workspaceId, id, endpointId, event, reason }: PlannedDelivery): KafkaRecord {
  const delivery = { workspaceId, id, endpointId, eventId: event.id, event: event.event, userId: event.userId, attemptCount: 0 };
  return deliveryFinished({ delivery, status: 'skipped', reason, attempt: null });
}

function toDelivery({ workspaceId, id, endpointId, event, isOrdered }: InsertPlan, leaseEndsAt: number): Delivery {
  const { id: eventId, event: name, userId, body } = event;
  const fresh = { attemptCount: 0, attemptsBefore: 0, isSingle: false, isTest: false, isReplayed: false, isProbe: false, isOver: false };
  return { workspaceId, id, endpointId, eventId, event: name, userId, body, ...fresh, isOrdered, leaseEndsAt };
}

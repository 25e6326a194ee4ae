import type { Component, Logger } from '@waggle/runtime';
import { CLAIM_MAX, type DeliveryQueue } from '../adapters/delivery-queue.ts';
import type { DeliveryResult } from '../adapters/delivery-results.ts';
import type { Delivery } from '../domain/delivery.ts';
import { createClaimer } from './claimer.ts';
import { createLanes, type LaneLimits, type Lanes } from './lanes.ts';
import { createRecorder } from './recorder.ts';

interface EngineDeps {
  queue: Pick<DeliveryQueue, 'claim' | 'handBack' | 'release'>;
  /** Which endpoints are left alone because they do not answer, and which of these this instance is to probe. */
  breaker: {
    isPaused(endpointId: string): boolean;
    paused(): string[];
    probe(endpointIds: readonly string[]): Promise<string[]>;
  };
  report(results: readonly DeliveryResult[]): Promise<void>;
  refreshEndpoints(): Promise<void>;
  attempt(delivery: Delivery): Promise<DeliveryResult>;
  logger: Logger;
}

interface EngineSettings {
  lanes: Omit<LaneLimits, 'leaseNeededMs'>;
  attemptTimeoutMs: number;
  pollMs: number;
}

export interface DeliveryEngine extends Component {
  /** How many deliveries of the endpoint may be leased to this instance with an insert. */
  room(endpointId: string): number;
  /** What waits for this endpoint goes back into the table. */
  handBack(endpointId: string): Promise<void>;
  /** Deliveries that have just been inserted with a lease: first attempts start from memory. */
  accept(deliveries: readonly Delivery[]): void;
  held(): number;
  /** Something in the table may be due. */
  wake(): void;
}

/** Between the end of the longest attempt and the end of its lease: for the result to be recorded. */
const RECORDING_MARGIN_MS = 1_000;

/**
 * Leased deliveries → attempts → results. New ones come from the fan-out; a claimer takes what is due, or whose holder is gone. What a
 * crash leaves between sending and recording is sent again by the next who claims it: at least once, and never by two during a lease.
 */
export function createDeliveryEngine({ queue, breaker, report, refreshEndpoints, attempt, logger }: EngineDeps, settings: EngineSettings): DeliveryEngine {
  const lanes = createLanes({ ...settings.lanes, leaseNeededMs: settings.attemptTimeoutMs + RECORDING_MARGIN_MS });
  const running = new Map<Delivery, Promise<void>>();
  const claimDue = createClaimDue({ queue, breaker, lanes });
  const claimer = createClaimer({ claim, logger }, { pollMs: settings.pollMs });
  const record = createRecorder({ record: report, isStopping: () => isStopping, logger });
  let isStopping = false;

  function startWhatMayStart() {
    for (let next = lanes.take(performance.now()); next !== undefined; next = lanes.take(performance.now())) {
      const delivery = next;
      running.set(delivery, deliver(delivery).finally(() => running.delete(delivery)));
    }
  }

  async function deliver(delivery: Delivery): Promise<void> {
    const started = performance.now();
    const result = await attempt(delivery).catch((error: unknown) => {
      // Nothing is recorded, so nothing is used up: the delivery comes back when its lease has run out.
      logger.error({ err: error, delivery_id: delivery.id }, 'attempt failed to run');
    });
    lanes.landed(delivery, performance.now() - started);
    startWhatMayStart();
    if (result !== undefined) await record([result]);
    lanes.forget(delivery);
    // The next of its user is due now.
    if (result?.status === 'retrying' || delivery.isOrdered) claimer.expect(result?.delayMs ?? 0);
  }

  function accept(deliveries: readonly Delivery[]) {
    if (isStopping) return; // leased, so handed back with the rest
    lanes.add(deliveries);
    startWhatMayStart();
  }

  async function claim(): Promise<number> {
    const roomInAll = Math.min(CLAIM_MAX, settings.lanes.heldInAll - lanes.held());
    const claimed = roomInAll > 0 ? await claimDue(roomInAll) : [];
    // After the claim: an endpoint that a claimed delivery is for is then known, however new it is. And without one: what is held may be for
    // an endpoint that was disabled a moment ago.
    await refreshEndpoints();
    accept(claimed);
    return claimed.length;
  }

  return {
    name: 'delivery engine',
    room: (endpointId) => (isStopping || breaker.isPaused(endpointId) ? 0 : lanes.room(endpointId)),
    handBack: (endpointId) => queue.handBack(lanes.drop(endpointId)),
    held: lanes.held,
    wake: () => claimer.expect(0),
    accept,
    async start() {
      await refreshEndpoints();
      claimer.start();
    },
    /** Hands back what has not started, and finishes what has. */
    async stop() {
      isStopping = true;
      lanes.clear();
      await claimer.stop();
      const inFlight = [...running.keys()].map(({ id }) => id);
      // Should it fail, the leases run out by themselves.
      await queue.release({ except: inFlight }).catch((error: unknown) => logger.error({ err: error }, 'deliveries cannot be handed back'));
      await Promise.all(running.values());
    },
    health: claimer.health,
  };
}

/** Takes what is due, at most so many. Of endpoints that do not answer it takes one, of those that this instance is to probe. */
function createClaimDue({ queue, breaker, lanes }: Pick<EngineDeps, 'queue' | 'breaker'> & { lanes: Lanes }) {
  return async (roomInAll: number): Promise<Delivery[]> => {
    const silent = breaker.paused();
    const probed = new Set(silent.length > 0 ? await breaker.probe(silent) : []);
    const rooms = new Map([...lanes.rooms(), ...silent.map((endpointId) => [endpointId, probed.has(endpointId) ? 1 : 0] as const)]);
    const claimed = await queue.claim({ rooms, roomOfOthers: lanes.room(''), roomInAll });
    return claimed.map((delivery) => (probed.has(delivery.endpointId) ? { ...delivery, isProbe: true } : delivery));
  };
}

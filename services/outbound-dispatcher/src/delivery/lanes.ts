import type { Delivery } from '../domain/delivery.ts';

export interface LaneLimits {
  /** Requests in flight, to one endpoint and in all. */
  perEndpoint(endpointId: string): number;
  inAll: number;
  /** Deliveries held, waiting or in flight, for one endpoint and in all. */
  heldPerEndpoint: number;
  heldInAll: number;
  /** A delivery is of use only as long as its lease has more than this left. */
  leaseNeededMs: number;
  leaseMs: number;
}

interface Lane {
  waiting: Delivery[];
  /** Replayed ones: what is new goes before them. */
  replayed: Delivery[];
  /** Started, and not yet recorded. */
  started: number;
  inFlight: number;
  /** Moving average. */
  attemptMs: number;
}

const OPTIMISTIC_ATTEMPT_MS = 20;
const WEIGHT_OF_NEWEST = 0.2;

const emptyLane = (): Lane => ({ waiting: [], replayed: [], started: 0, inFlight: 0, attemptMs: OPTIMISTIC_ATTEMPT_MS });

/** As many as it can be expected to start before their leases run out: more would only be claimed again and again. */
function boundOf(endpointId: string, { attemptMs }: Lane, { perEndpoint, leaseMs, leaseNeededMs, heldPerEndpoint }: LaneLimits): number {
  const cap = perEndpoint(endpointId);
  const startable = Math.ceil((cap * (leaseMs - leaseNeededMs)) / attemptMs);
  return Math.min(heldPerEndpoint, Math.max(startable, 2 * cap));
}

interface State {
  limits: LaneLimits;
  lanes: Map<string, Lane>;
  /** Endpoints that could start one now, in the order of their turns. */
  turns: Set<string>;
  held: number;
  inFlight: number;
}

const countWaiting = ({ waiting, replayed }: Lane) => waiting.length + replayed.length;

function refreshTurn({ lanes, turns, limits }: State, endpointId: string, lane: Lane) {
  if (countWaiting(lane) > 0 && lane.inFlight < limits.perEndpoint(endpointId)) turns.add(endpointId);
  else turns.delete(endpointId);
  if (countWaiting(lane) === 0 && lane.started === 0) lanes.delete(endpointId);
}

function take(state: State, now: number): Delivery | undefined {
  while (state.inFlight < state.limits.inAll) {
    const [endpointId] = state.turns;
    if (endpointId === undefined) return undefined;
    const lane = state.lanes.get(endpointId)!;
    const delivery = (lane.waiting.shift() ?? lane.replayed.shift())!;
    const isInTime = delivery.leaseEndsAt - now > state.limits.leaseNeededMs;
    if (isInTime) {
      state.turns.delete(endpointId); // to the end of the turns, if there is more
      lane.started++;
      lane.inFlight++;
      state.inFlight++;
    } else state.held--;
    refreshTurn(state, endpointId, lane);
    if (isInTime) return delivery;
  }
  return undefined;
}

function drop(state: State, endpointId: string): Delivery[] {
  const lane = state.lanes.get(endpointId);
  if (lane === undefined) return [];
  const dropped = [...lane.waiting, ...lane.replayed];
  [lane.waiting, lane.replayed] = [[], []];
  state.held -= dropped.length;
  refreshTurn(state, endpointId, lane);
  return dropped;
}

/**
 * What this instance holds: a lane per endpoint, and turns between them. An endpoint whose lane is full, or whose requests hang, waits
 * for itself alone. No clock and no I/O: the engine says what time it is and what has happened.
 */
export function createLanes(limits: LaneLimits) {
  const state: State = { limits, lanes: new Map(), turns: new Set(), held: 0, inFlight: 0 };
  const { lanes } = state;
  const roomIn = (endpointId: string, lane: Lane): number =>
    Math.max(0, Math.min(boundOf(endpointId, lane, limits) - countWaiting(lane) - lane.started, limits.heldInAll - state.held));

  return {
    room: (endpointId: string): number => roomIn(endpointId, lanes.get(endpointId) ?? emptyLane()),
    /** Of every endpoint that holds something. */
    rooms: (): Map<string, number> => new Map([...lanes].map(([endpointId, lane]) => [endpointId, roomIn(endpointId, lane)])),
    held: (): number => state.held,
    inFlight: (): number => state.inFlight,

    add(deliveries: readonly Delivery[]) {
      for (const delivery of deliveries) {
        const lane = lanes.get(delivery.endpointId) ?? emptyLane();
        lanes.set(delivery.endpointId, lane);
        (delivery.isReplayed ? lane.replayed : lane.waiting).push(delivery);
        state.held++;
        refreshTurn(state, delivery.endpointId, lane);
      }
    },

    /** The next that may start, or undefined. Those whose lease is too short are forgotten: whoever claims them next has them. */
    take: (now: number): Delivery | undefined => take(state, now),

    /** The request is over, its result not yet recorded. */
    landed({ endpointId }: Delivery, tookMs: number) {
      const lane = lanes.get(endpointId)!;
      lane.inFlight--;
      state.inFlight--;
      lane.attemptMs += WEIGHT_OF_NEWEST * (Math.max(1, tookMs) - lane.attemptMs);
      refreshTurn(state, endpointId, lane);
    },

    /** It is no longer this instance's business. */
    forget({ endpointId }: Delivery) {
      const lane = lanes.get(endpointId)!;
      lane.started--;
      state.held--;
      refreshTurn(state, endpointId, lane);
    },

    /** What waits for this endpoint and has not started: it is no longer held. */
    drop: (endpointId: string): Delivery[] => drop(state, endpointId),

    /** Drops all that has not started. */
    clear() {
      for (const endpointId of lanes.keys()) drop(state, endpointId);
    },
  };
}
export type Lanes = ReturnType<typeof createLanes>;

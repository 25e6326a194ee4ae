/** What the recorded deliveries say of an endpoint, just after one that failed. */
export interface EndpointHealth {
  /** Failed deliveries since the last success, and when the first of them failed. */
  failuresInRow: number;
  failingSince: Date;
  /** The last success, or without one the creation. */
  noSuccessSince: Date;
  /** The last attempt of a whole schedule was answered 410. */
  isGone: boolean;
}

const HOUR_MS = 3_600_000;
const FAILURES_MAX = 100;
const WITHOUT_SUCCESS_MS = 24 * HOUR_MS;
const ONLY_FAILURES_MS = 5 * 24 * HOUR_MS;

/** Why the endpoint is to be disabled, or null (contract, section 4). */
export function judgeHealth({ failuresInRow, failingSince, noSuccessSince, isGone }: EndpointHealth, now: Date): 'gone' | 'failing' | null {
  if (isGone) return 'gone';
  const since = (then: Date) => now.getTime() - then.getTime();
  const isHopeless = failuresInRow >= FAILURES_MAX && since(noSuccessSince) >= WITHOUT_SUCCESS_MS;
  return isHopeless || since(failingSince) >= ONLY_FAILURES_MS ? 'failing' : null;
}

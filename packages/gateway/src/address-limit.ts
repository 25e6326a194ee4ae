/** `admit` says whether this request of that address may pass, and remembers it if so. */
export interface AddressLimit {
  admit(address: string, nowMs: number): boolean;
  retryAfterSeconds: number;
}

// As many as a 10 MB zone of nginx would hold and more than one machine's clients; past it the one longest silent is forgotten.
const ADDRESSES_MAX = 100_000;

/**
 * nginx's `limit_req` in 15 lines, so that both modes refuse the same request: a bucket per address that holds `limitPerMinute` requests
 * and leaks evenly. It guards the machine, not a promise to a client: those are the services' exact rolling limits.
 */
export function createAddressLimit(limitPerMinute: number): AddressLimit {
  const leakPerMs = limitPerMinute / 60_000;
  const excessMax = burstOf(limitPerMinute);
  const buckets = new Map<string, { excess: number; atMs: number }>();
  return {
    retryAfterSeconds: retryAfterOf(limitPerMinute),
    admit(address, nowMs) {
      const last = buckets.get(address);
      const excess = last === undefined ? 0 : Math.max(0, last.excess - (nowMs - last.atMs) * leakPerMs + 1);
      if (excess > excessMax) return false;
      // Taken out and put back at the end: the map's order is then the order of the last request.
      buckets.delete(address);
      buckets.set(address, { excess, atMs: nowMs });
      if (buckets.size > ADDRESSES_MAX) buckets.delete(buckets.keys().next().value!);
      return true;
    },
  };
}

/** Requests that may come at once after the first; nginx knows no burst of 0. */
const burstOf = (limitPerMinute: number) => Math.max(1, limitPerMinute - 1);

/** Until at least one more request has leaked. */
const retryAfterOf = (limitPerMinute: number) => Math.ceil(60 / limitPerMinute);

import type { Attempt } from '@waggle/contracts';

/**
 * So many attempts in a row without an answer open the breaker. Whoever sends a dozen events to a receiver that is down sees each of them
 * attempted as the schedule says; only more than that is spared.
 */
export const UNANSWERED_MAX = 50;

const LONGEST_OF_FIRST = 6;

/**
 * A receiver that does not answer is spared, and with it the attempts of its deliveries; one that answers, whatever it says, is there. What
 * we refuse to connect to costs nobody anything.
 */
export function isUnanswered({ status_code: statusCode, error }: Pick<Attempt, 'status_code' | 'error'>): boolean {
  return error === 'timeout' || (statusCode === null && error !== 'address_not_allowed');
}

/** How long an endpoint is left alone; `pauses`: how many there were in a row before. */
export const pauseOf = (pauses: number, firstMs: number): number => firstMs * Math.min(2 ** pauses, LONGEST_OF_FIRST);

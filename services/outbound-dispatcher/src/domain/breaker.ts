import type { Attempt } from '@waggle/contracts';

/**
 * So many attempts in a row without an answer open the breaker. Whoever sends a dozen events to a receiver that is down sees each of them
 * attempted as the schedule says; only more than that is spared.
 */
export const UNANSWERED_MAX = 50;

const LONGEST_OF_FIRST = 6;

/**
 * Only a time-out: it holds a place for five seconds, and whoever hangs would hold them all, again and again. A closed port or a bad certificate
 * costs nobody anything, and the schedule of the contract holds for it to the end.
 */
export const isUnanswered = ({ error }: Pick<Attempt, 'error'>): boolean => error === 'timeout';

/** How long an endpoint is left alone; `pauses`: how many there were in a row before. */
export const pauseOf = (pauses: number, firstMs: number): number => firstMs * Math.min(2 ** pauses, LONGEST_OF_FIRST);

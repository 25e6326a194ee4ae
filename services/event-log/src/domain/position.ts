/**
 * Of one millisecond: more than two cores can record in one. A position is the millisecond in which it was given × 2,048, or the next one that is
 * free, so it is a time too. Below 2^53 until the year 2109: positions are numbers in JavaScript, JSON and cursors.
 */
export const POSITIONS_PER_MS = 2_048;

/** The first one of a millisecond: all that was recorded from then on has it or a higher one, and nothing else has. */
export const firstPositionAt = (timeMs: number): number => timeMs * POSITIONS_PER_MS;

/** When a partition begins or ends, say. */
export const timeOf = (position: number): Date => new Date(Math.floor(position / POSITIONS_PER_MS));

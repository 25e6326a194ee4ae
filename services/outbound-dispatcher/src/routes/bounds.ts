/** Of a time span. Nothing of ours is older than the epoch, and PostgreSQL has no year 0. */
export const toBound = (timestamp: string): string => new Date(Math.max(0, Date.parse(timestamp))).toISOString();

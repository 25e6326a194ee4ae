/** A delivery in this instance's hands: leased to it, so that nobody else attempts it. */
export interface Delivery {
  workspaceId: string;
  id: string;
  endpointId: string;
  eventId: string;
  event: string;
  body: string;
  /** Attempts that are recorded. */
  attemptCount: number;
  /** When the lease ends, on this process's monotonic clock, never later than what the database says. */
  leaseEndsAt: number;
}

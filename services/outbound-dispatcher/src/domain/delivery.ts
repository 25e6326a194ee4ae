/** A delivery in this instance's hands: leased to it, so that nobody else attempts it. */
export interface Delivery {
  workspaceId: string;
  id: string;
  endpointId: string;
  eventId: string;
  event: string;
  userId: string;
  body: string;
  /** Attempts that are recorded. */
  attemptCount: number;
  /** Those of them that an earlier schedule made: a manual retry or a replay begins anew, and its attempts go on counting. */
  attemptsBefore: number;
  /** A manual retry: one attempt, whatever comes of it. */
  isSingle: boolean;
  /** Of a test event: what becomes of it is told to nobody and counts for nothing. */
  isTest: boolean;
  /** A replay has put it back: what is new goes before it. */
  isReplayed: boolean;
  /** Its endpoint does not answer, and this one is to find out whether it does again. */
  isProbe: boolean;
  /** The next of its endpoint and user waits for its end. */
  isOrdered: boolean;
  /** Its endpoint was disabled or deleted when it was claimed: it is to be skipped. */
  isOver: boolean;
  /** When the lease ends, on this process's monotonic clock, never later than what the database says. */
  leaseEndsAt: number;
}

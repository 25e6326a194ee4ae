import type { EndpointOrdering } from '@waggle/contracts';

/** A registered receiver, as fan-out and attempts need it. `userId` is null for a system key's: it gets the whole workspace's events. */
export interface Endpoint {
  workspaceId: string;
  id: string;
  userId: string | null;
  url: string;
  eventTypes: readonly string[];
  sealedSecret: string;
  /** The secret before the last rotation, which signs too until `previousSecretUntil`. */
  previousSealedSecret: string | null;
  previousSecretUntil: Date | null;
  sealedHeaders: string | null;
  ordering: EndpointOrdering;
  maxInFlight: number;
  /** It does not answer and is left alone, or being probed. */
  isPaused: boolean;
  status: 'enabled' | 'disabled';
}

/** A registered receiver, as fan-out and attempts need it. `userId` is null for a system key's: it gets the whole workspace's events. */
export interface Endpoint {
  workspaceId: string;
  id: string;
  userId: string | null;
  url: string;
  eventTypes: readonly string[];
  sealedSecret: string;
  status: 'enabled' | 'disabled';
}

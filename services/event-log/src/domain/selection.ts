import { matchesEventType, webhookEventTypes, type EventFilters } from '@waggle/contracts';
import { AHEAD_MAX_MS } from './log-entry.ts';

export type Order = 'asc' | 'desc';

/** Which events a list holds, and which way it runs. Null: no such bound. */
export interface Selection {
  workspaceId: string;
  userId: string | null;
  entityId: string | null;
  eventTypes: readonly string[] | null;
  occurredFrom: Date | null;
  occurredBefore: Date | null;
  recordedFrom: Date | null;
  recordedBefore: Date | null;
  order: Order;
}

interface Scope {
  workspaceId: string;
  /** The user whose events they are; undefined for all. */
  userId: string | undefined;
  /** A user key sees no awards: their `user_id` is a wallet, which proves nothing about a user of that name (contract, section 4). */
  isSystemKey: boolean;
}

export function toSelection(filters: EventFilters, { workspaceId, userId, isSystemKey }: Scope): Selection {
  // None whose time is `since` or later was recorded much before `since`: a list from last week on need not begin with the first year.
  const [since, recordedSince] = [toDate(filters.since), toDate(filters.recorded_since)];
  return {
    workspaceId,
    userId: userId ?? null,
    entityId: filters.entity_id ?? null,
    eventTypes: selectTypes(filters.event ?? '*', isSystemKey),
    occurredFrom: since,
    occurredBefore: toDate(filters.until),
    recordedFrom: later(recordedSince, since && new Date(since.getTime() - AHEAD_MAX_MS)),
    recordedBefore: toDate(filters.recorded_until),
    order: filters.order,
  };
}

/** What the statements of a list say in SQL, for a stream, which has no bounds of time. */
export function selects({ userId, entityId, eventTypes }: Selection, event: { event: string; userId: string; entityId: string }): boolean {
  return (userId === null || userId === event.userId) && (entityId === null || entityId === event.entityId) && (eventTypes?.includes(event.event) ?? true);
}

function selectTypes(pattern: string, isSystemKey: boolean): string[] | null {
  if (pattern === '*' && isSystemKey) return null;
  return webhookEventTypes.filter((type) => matchesEventType(pattern, type) && (isSystemKey || !matchesEventType('award.*', type)));
}

const toDate = (text: string | undefined) => (text === undefined ? null : new Date(text));

function later(one: Date | null, other: Date | null): Date | null {
  if (one === null || other === null) return one ?? other;
  return one > other ? one : other;
}

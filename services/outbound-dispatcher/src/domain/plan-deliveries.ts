import { derivedId, matchesEventType } from '@waggle/contracts';
import type { Endpoint } from './endpoint.ts';
import type { WebhookEvent } from './event.ts';

/** One event for one endpoint, before anything was tried. */
export interface PlannedDelivery {
  workspaceId: string;
  id: string;
  endpointId: string;
  event: WebhookEvent;
  status: 'pending' | 'skipped';
  reason: string | null;
  /** It waits until the earlier ones of its endpoint and user are finished. */
  isOrdered: boolean;
}

/** What one transaction takes of the events that wait: the first so many of them, with all that comes of these. */
interface Portion {
  events: WebhookEvent[];
  plans: PlannedDelivery[];
}

/** As many of the events as give so many deliveries at most, and one at least. */
export function planPortion(events: readonly WebhookEvent[], endpointsIn: (workspaceId: string) => readonly Endpoint[], deliveriesMax: number): Portion {
  const portion: Portion = { events: [], plans: [] };
  for (const event of events) {
    const plans = planDeliveries(event, endpointsIn(event.workspaceId));
    if (portion.events.length > 0 && portion.plans.length + plans.length > deliveriesMax) break;
    portion.events.push(event);
    portion.plans.push(...plans);
  }
  return portion;
}

/** Which endpoints get the event. `endpoints` are those of its workspace. */
export function planDeliveries(event: WebhookEvent, endpoints: readonly Endpoint[]): PlannedDelivery[] {
  return endpoints.filter((endpoint) => isFor(event, endpoint)).map(({ id: endpointId, status, ordering }) => ({
    workspaceId: event.workspaceId,
    // The same event and endpoint give the same id: a redelivered record makes no second delivery.
    id: derivedId('dlv', timeOf(event.id), event.id, endpointId),
    endpointId,
    event,
    status: status === 'enabled' ? 'pending' : 'skipped',
    reason: status === 'enabled' ? null : 'endpoint_disabled',
    isOrdered: status === 'enabled' && ordering === 'per_user',
  }));
}

function isFor({ event, userId }: WebhookEvent, endpoint: Endpoint): boolean {
  // An award's `user_id` is a wallet: it must never be taken for a user of that name.
  const isOwner = endpoint.userId === null || (endpoint.userId === userId && !event.startsWith('award.'));
  return isOwner && endpoint.eventTypes.some((pattern) => matchesEventType(pattern, event));
}

const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_DIGITS = 10;

/** Milliseconds out of a TypeID: its first 50 bits are two of padding and the 48 of UUIDv7's time. Zero for an id of another make. */
export function timeOf(id: string): number {
  const [, digits = ''] = /^[a-z]+_([0-7][0-9a-hjkmnp-tv-z]{25})$/.exec(id) ?? [];
  return digits.slice(0, TIME_DIGITS).split('').reduce((time, digit) => time * 32 + DIGITS.indexOf(digit), 0);
}

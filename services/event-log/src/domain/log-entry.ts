import { sequenceOf, webhookEventTypes, type BehaviorEvent, type CampaignEvent } from '@waggle/contracts';

/** One event as the log keeps it. `body` is the webhook's JSON text. */
export interface LogEntry {
  workspaceId: string;
  eventId: string;
  event: string;
  userId: string;
  entityId: string;
  occurredAt: Date;
  body: string;
  /** The number of the event among its user's; null where it has none. */
  sequence: number | null;
}

/** No event's time is more than five minutes ahead of its acceptance (contract, section 2), and it is recorded after that; clocks differ a little. */
export const AHEAD_MAX_MS = 3_600_000;

export const isWebhookEvent = (event: string): boolean => webhookEventTypes.includes(event);

/**
 * `json`: all that the record holds. The body is made from it and not from the parsed event, because a field that a newer core has added
 * belongs to the webhook and therefore to the log. `headers`: the record's.
 */
export function toLogEntry(event: BehaviorEvent | CampaignEvent, json: unknown, headers: Readonly<Record<string, string>> = {}): LogEntry {
  const { workspace_id: workspaceId, ...body } = Object(json);
  return {
    workspaceId,
    eventId: event.id,
    event: event.event,
    userId: event.user_id,
    entityId: entityIdOf(event),
    occurredAt: new Date(event.timestamp),
    body: JSON.stringify(body),
    sequence: sequenceOf(headers),
  };
}

function entityIdOf(event: BehaviorEvent | CampaignEvent): string {
  if ('activity' in event) return event.activity.id;
  if ('routine' in event) return event.routine.id;
  if ('reminder' in event) return event.reminder.id;
  return 'award' in event ? event.award.id : event.inapp_event.id;
}

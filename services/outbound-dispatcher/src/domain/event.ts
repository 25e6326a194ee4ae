import { sequenceOf } from '@waggle/contracts';

/** One public event on its way to endpoints. `body` is what every attempt sends, byte for byte. */
export interface WebhookEvent {
  workspaceId: string;
  id: string;
  event: string;
  userId: string;
  timestamp: string;
  body: string;
  /** The number of the event among its user's; null where it has none. */
  sequence: number | null;
}

/**
 * The topic's value without `workspace_id`, which is for the topics alone. Made from the text as it came, not from what a schema
 * knows of it: fields that were added by a newer core reach the receivers too. `headers`: the record's, with CloudEvents' `sequence`.
 */
export function toWebhookEvent(value: string, headers: Readonly<Record<string, string>> = {}): WebhookEvent {
  const parsed: Record<'workspace_id' | 'id' | 'event' | 'user_id' | 'timestamp', string> = JSON.parse(value);
  const { workspace_id: workspaceId, ...content } = parsed;
  return {
    workspaceId, id: content.id, event: content.event, userId: content.user_id, timestamp: content.timestamp, body: JSON.stringify(content),
    sequence: sequenceOf(headers),
  };
}

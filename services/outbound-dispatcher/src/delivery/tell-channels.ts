import { FEED, derivedId, type BehaviorEvent, type ChannelMessage } from '@waggle/contracts';
import { transact } from '@waggle/database';
import type { Pool } from 'pg';
import { insertMessages, type NewMessage } from '../adapters/channels/channel-queue.ts';
import { withoutErased } from '../adapters/erasure-store.ts';
import { messageText } from '../domain/channels/message-text.ts';

/** As a consumer has it: with CloudEvents' number of the event. */
export interface Numbered<Data> {
  data: Data;
  sequence: number | null;
}

/** Keeps messages of the channels that are connected until they are delivered. A redelivered one is there already: its id comes from the event. */
export const createTellChannels = (pool: Pool, { wakeEngine }: { wakeEngine(): void }) =>
  async function tell(received: readonly Numbered<ChannelMessage>[]): Promise<void> {
    const messages = received.map(({ data, sequence }) => toMessage(data.id, data.channel, data.event, sequence));
    if (messages.length > 0) await transact(pool, {
      load: (tx) => withoutErased(tx, messages),
      decide: (tellable) => tellable,
      save: (tx, tellable) => insertMessages(tx, tellable, 'pending'),
    });
    wakeEngine();
  };
export type TellChannels = ReturnType<typeof createTellChannels>;

/** An event in its user's feed, which needs no connection. */
export const toFeedMessage = ({ data, sequence }: Numbered<BehaviorEvent>): NewMessage =>
  toMessage(derivedId('msg', Date.parse(data.timestamp), data.id, FEED), FEED, data, sequence);

function toMessage(id: string, channel: string, event: BehaviorEvent, sequence: number | null): NewMessage {
  return { workspaceId: event.workspace_id, id, userId: event.user_id, channel, text: messageText(event), event, sequence };
}

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

/** Keeps messages until they are delivered. A redelivered one is there already: its id comes from the event. */
export function createTellChannels(pool: Pool, { wakeEngine }: { wakeEngine(): void }) {
  async function keep(messages: readonly NewMessage[], status: 'pending' | 'delivered'): Promise<void> {
    if (messages.length === 0) return;
    await transact(pool, {
      load: (tx) => withoutErased(tx, messages),
      decide: (tellable) => tellable,
      save: (tx, tellable) => insertMessages(tx, tellable, status),
    });
  }

  return {
    /** Of the channels that are connected. */
    async tell(received: readonly Numbered<ChannelMessage>[]): Promise<void> {
      await keep(received.map(({ data, sequence }) => toMessage(data.id, data.channel, data.event, sequence)), 'pending');
      wakeEngine();
    },
    /** Of the feed that everybody has: to be there is to be told. */
    tellFeed: (events: readonly Numbered<BehaviorEvent>[]): Promise<void> =>
      keep(events.map(({ data, sequence }) => toMessage(derivedId('msg', Date.parse(data.timestamp), data.id, FEED), FEED, data, sequence)), 'delivered'),
  };
}
export type TellChannels = ReturnType<typeof createTellChannels>;

function toMessage(id: string, channel: string, event: BehaviorEvent, sequence: number | null): NewMessage {
  return { workspaceId: event.workspace_id, id, userId: event.user_id, channel, text: messageText(event), event, sequence };
}

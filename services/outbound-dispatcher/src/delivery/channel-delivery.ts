import type { BehaviorEvent } from '@waggle/contracts';
import type { Connection } from '../adapters/channels/channel-directory.ts';
import type { Head } from '../adapters/channels/channel-queue.ts';
import { hostOf } from '../domain/channels/format-request.ts';
import type { Delivery } from '../domain/delivery.ts';

/** A message in the engine's hands. Its lane is its service's host, so one that hangs holds up itself alone. */
export interface ChannelDelivery extends Delivery {
  channel: string;
  message: BehaviorEvent;
  text: string;
  /** Null: the channel is connected no more. */
  connection: Connection | null;
}

export function toChannelDelivery(head: Head, { connection, leaseEndsAt }: Pick<ChannelDelivery, 'connection' | 'leaseEndsAt'>): ChannelDelivery {
  const message: BehaviorEvent = JSON.parse(head.event); // as it was parsed when it came
  return {
    workspaceId: head.workspaceId, id: head.id, endpointId: connection === null ? '' : hostOf(connection.credentials), eventId: message.id, event: message.event, userId: head.userId,
    body: '', attemptCount: head.attempts, attemptsBefore: 0, isSingle: false, isTest: false, isReplayed: false, isProbe: false, isOrdered: true, isOver: false, leaseEndsAt,
    channel: head.channel, message, text: head.text, connection,
  };
}

/** The engine of the channels is given nothing else. */
export function asChannelDelivery(delivery: Delivery): ChannelDelivery {
  if (!isChannelDelivery(delivery)) throw new Error(`${delivery.id} is no message`);
  return delivery;
}

const isChannelDelivery = (delivery: Delivery): delivery is ChannelDelivery => 'connection' in delivery;

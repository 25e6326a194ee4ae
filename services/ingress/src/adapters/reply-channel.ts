import { replies, type Reply } from '@waggle/contracts';
import { parseValue } from '@waggle/kafka';
import type { Component, Logger } from '@waggle/runtime';
import type { Redis } from 'ioredis';
import { setTimeout as pause } from 'node:timers/promises';

const SUBSCRIBE_PAUSE_MS = 500;

export interface ReplyChannel extends Component {
  address: string;
  /** False while the subscription is down: nobody would be heard. */
  isListening(): boolean;
  /** Calls back at most once; what is not awaited any more is dropped, and the operation row answers later questions. */
  await(operationId: string, callback: (reply: Reply) => void): void;
  forget(operationId: string): void;
  waiting(): number;
}

/** One channel per ingress instance. A lost reply costs a 202, never an effect. */
export function createReplyChannel(redis: Redis, instanceId: string, logger: Logger): ReplyChannel {
  const address = `reply:${instanceId}`;
  const callbacks = new Map<string, (reply: Reply) => void>();
  let isListening = false;
  // A connection of its own, because a subscribed one can do nothing else.
  const subscriber = redis.duplicate({
    enableAutoPipelining: false, enableOfflineQueue: true, maxRetriesPerRequest: null, autoResubscribe: false,
  });

  subscriber.on('error', (error) => logger.debug({ err: error }, 'redis subscriber'));
  subscriber.on('close', () => { isListening = false; });
  subscriber.on('ready', () => void listen());
  subscriber.on('message', (_channel: string, text: string) => {
    for (const reply of parseReplies(text)) callbacks.get(reply.operation_id)?.(reply);
  });

  /** Redis may refuse it on a connection that stays, and a new connection tries anew. */
  async function listen() {
    while (subscriber.status === 'ready' && !isListening) {
      try {
        await subscriber.subscribe(address);
        isListening = true;
      } catch (error) {
        logger.warn({ err: error }, 'not subscribed to replies');
        await pause(SUBSCRIBE_PAUSE_MS);
      }
    }
  }

  function parseReplies(text: string) {
    const parsed = replies.safeParse(parseValue(text));
    if (!parsed.success) logger.error({ err: parsed.error }, 'a reply that is none');
    return parsed.data ?? [];
  }

  return {
    name: 'reply channel',
    address,
    isListening: () => isListening,
    await: (operationId, callback) => void callbacks.set(operationId, callback),
    forget: (operationId) => void callbacks.delete(operationId),
    waiting: () => callbacks.size,
    start: () => subscriber.connect().catch(() => {}),
    stop: async () => subscriber.disconnect(),
    // Without replies every answer is a 202: worse, but well.
    health: () => null,
  };
}

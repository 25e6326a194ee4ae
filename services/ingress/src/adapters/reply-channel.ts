import { replies, type Reply } from '@waggle/contracts';
import type { Component, Logger } from '@waggle/runtime';
import type { Redis } from 'ioredis';

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
  subscriber.on('ready', () => {
    subscriber.subscribe(address).then(() => { isListening = true; }, (error: unknown) => logger.warn({ err: error }, 'not subscribed to replies'));
  });
  subscriber.on('message', (_channel: string, text: string) => {
    for (const reply of parseReplies(text)) callbacks.get(reply.operation_id)?.(reply);
  });

  function parseReplies(text: string) {
    const parsed = replies.safeParse(JSON.parse(text));
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

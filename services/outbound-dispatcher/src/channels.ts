import type { AskInternal, Route } from '@waggle/http';
import type { BatchHandler } from '@waggle/kafka';
import type { Component, Logger, Registry } from '@waggle/runtime';
import type { Router } from 'express';
import type { Pool } from 'pg';
import { createChannelDirectory } from './adapters/channels/channel-directory.ts';
import { createChannelQueue } from './adapters/channels/channel-queue.ts';
import { createChannelReader } from './adapters/channels/channel-reader.ts';
import type { Egress } from './adapters/egress.ts';
import type { Send } from './adapters/sender.ts';
import { channelMessageHandler } from './consumers/channel-message.ts';
import { createChannelAttempt } from './delivery/channel-attempt.ts';
import { createChannelEngine } from './delivery/channel-engine.ts';
import { createChannelMetrics } from './delivery/channel-metrics.ts';
import { createTellChannels } from './delivery/tell-channels.ts';
import type { judgeEndpointUrl } from './domain/endpoint-url.ts';
import { internalChannelRoutes } from './routes/channels/internal.ts';
import { channelMessagesRoute } from './routes/channels/messages.ts';

interface ChannelsDeps {
  pool: Pool;
  askCore: AskInternal;
  send: Send;
  judgeUrl(text: string): ReturnType<typeof judgeEndpointUrl>;
  mayReach: Egress['mayReach'];
  wake(keys: readonly string[]): void;
  logger: Logger;
  metrics: Registry;
}

interface ChannelsSettings {
  leaseOwner: string;
  leaseMs: number;
  attemptTimeoutMs: number;
  retryDelaysMs: readonly number[];
}

export interface Channels {
  routes: Route[];
  internalRouter: Router;
  handler: BatchHandler;
  engine: Component;
  /** What was told long ago. */
  removeExpired(countMax: number): Promise<number>;
}

/** Requests at once to one service, and to all. */
const PER_HOST = 64;
const IN_ALL = 500;

/** Everything about channels: messages in, requests in each service's form out, and what came of them. */
export function createChannels({ pool, askCore, send, judgeUrl, mayReach, wake, logger, metrics }: ChannelsDeps, settings: ChannelsSettings): Channels {
  const { leaseOwner: owner, leaseMs, attemptTimeoutMs, retryDelaysMs: delaysMs } = settings;
  const reader = createChannelReader(pool);
  const attempt = createChannelAttempt({ send, metrics: createChannelMetrics(metrics, reader.countFailing), logger }, { delaysMs });
  const directory = createChannelDirectory(askCore);
  const queue = createChannelQueue(pool, { owner, leaseMs });
  const engine = createChannelEngine(
    { queue, findConnections: directory.find, attempt, wake, logger },
    { leaseMs, attemptTimeoutMs, perHost: PER_HOST, inAll: IN_ALL },
  );
  return {
    routes: [channelMessagesRoute(reader)],
    internalRouter: internalChannelRoutes({
      statesOf: reader.statesOf, judgeUrl, mayReach,
      async changed(channel) {
        directory.forget(channel);
        await queue.hurry(channel);
        engine.wake();
      },
    }),
    handler: channelMessageHandler({ tell: createTellChannels(pool, { wakeEngine: engine.wake }) }),
    engine,
    removeExpired: reader.removeExpired,
  };
}

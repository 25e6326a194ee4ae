import type { AskInternal, Route } from '@waggle/http';
import type { BatchHandler } from '@waggle/kafka';
import type { Logger, SealedBox } from '@waggle/runtime';
import type { Router } from 'express';
import type { Pool } from 'pg';
import { createChannelStore } from './adapters/channels/channel-store.ts';
import { channelStateHandler } from './consumers/channel-state.ts';
import { channelsRoutes } from './routes/channels/channels.ts';
import { findChannelsRoute } from './routes/channels/find-channels.ts';

export interface ChannelsDeps {
  pool: Pool;
  sealedBox: SealedBox;
  askDispatcher: AskInternal;
  logger: Logger;
}

export interface Channels {
  routes: Route[];
  internalRouter: Router;
  handler: BatchHandler;
}

/** Connections of users to where they are told of changes; the messages are the dispatcher's. */
export function createChannels({ pool, sealedBox, askDispatcher, logger }: ChannelsDeps, { perUserMax }: { perUserMax: number }): Channels {
  const channels = createChannelStore(pool, sealedBox, { perUserMax });
  return {
    routes: channelsRoutes({ channels, askDispatcher, logger }),
    internalRouter: findChannelsRoute(channels),
    handler: channelStateHandler(channels),
  };
}

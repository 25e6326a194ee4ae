import { findChannelsBody } from '@waggle/contracts';
import { parseBody } from '@waggle/http';
import { Router } from 'express';
import type { ChannelStore } from '../../adapters/channels/channel-store.ts';

/** `POST /internal/find-channels`: the credentials of connections, for the dispatcher alone. */
export function findChannelsRoute({ findAll }: Pick<ChannelStore, 'findAll'>): Router {
  return Router().post('/internal/find-channels', async (request, response) => {
    response.json({ channels: await findAll(parseBody(findChannelsBody, request.body).channels) });
  });
}

import { channelName, pageQuery, toUtc, userId as userIdSchema, type ChannelMessageView } from '@waggle/contracts';
import { actingFor, answerPage, Problem, type ApiRequest, type Route } from '@waggle/http';
import { z } from 'zod';
import type { ChannelReader, MessageRow } from '../../adapters/channels/channel-reader.ts';

const position = z.tuple([z.string().regex(/^\d{1,18}$/)]);

/** `GET /v1/users/{id}/channels/{channel}/messages`: what that channel was told. Who was told nothing has an empty list. */
export function channelMessagesRoute({ messages }: Pick<ChannelReader, 'messages'>): Route {
  function handle(request: ApiRequest) {
    const { caller, params } = request;
    const user = userIdSchema.safeParse(actingFor(caller, params['id']));
    const channel = channelName.safeParse(params['channel']);
    if (!user.success || !channel.success) throw new Problem('not_found');
    return answerPage(request, {
      query: pageQuery,
      scope: ['channel-messages', user.data, channel.data],
      position,
      load: ({ after, limit }) => messages({ workspaceId: caller.workspaceId, userId: user.data, channel: channel.data }, { after: after?.[0] ?? null, limit }),
      positionOf: (row) => [row.position],
      toItem: toView,
    });
  }
  return { method: 'get', path: '/v1/users/:id/channels/:channel/messages', handle };
}

function toView({ position: _position, created_at, delivered_at, ...row }: MessageRow): ChannelMessageView {
  return { ...row, created_at: toUtc(created_at), delivered_at: delivered_at && toUtc(delivered_at) };
}

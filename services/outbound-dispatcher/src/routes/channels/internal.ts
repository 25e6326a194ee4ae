import { channelRef, toUtc, type ChannelRef, type ChannelStates, type JudgedUrl } from '@waggle/contracts';
import { parseBody } from '@waggle/http';
import { Router } from 'express';
import { z } from 'zod';
import type { ChannelReader, StateRow } from '../../adapters/channels/channel-reader.ts';
import { stateOf } from '../../domain/channels/channel-state.ts';
import type { judgeEndpointUrl } from '../../domain/endpoint-url.ts';

interface InternalChannelsDeps {
  statesOf: ChannelReader['statesOf'];
  judgeUrl(text: string): ReturnType<typeof judgeEndpointUrl>;
  mayReach(hostname: string): Promise<boolean>;
  /** Its connection is another one: it is to be used at once, also for what waits for its next attempt. */
  changed(channel: ChannelRef): Promise<void>;
}

const ofUser = z.object({ workspace_id: z.string(), user_id: z.string() });
const urlBody = z.object({ url: z.string() });

/** What the core asks: the states of a user's channels, and whether a URL may be called, by the rules of endpoints; and what it tells. */
export function internalChannelRoutes({ statesOf, judgeUrl, mayReach, changed }: InternalChannelsDeps): Router {
  return Router()
    .post('/internal/channel-states', async (request, response) => {
      const { workspace_id: workspaceId, user_id: userId } = parseBody(ofUser, request.body);
      const answer: ChannelStates = { channels: (await statesOf(workspaceId, userId)).map(toState) };
      response.json(answer);
    })
    .post('/internal/channel-changed', async (request, response) => {
      await changed(parseBody(channelRef, request.body));
      response.json({});
    })
    .post('/internal/judge-url', async (request, response) => {
      response.json(await judge(parseBody(urlBody, request.body).url));
    });

  async function judge(text: string): Promise<JudgedUrl> {
    const judged = judgeUrl(text);
    if ('refusal' in judged) return judged;
    if (judged.hostname === null || (await mayReach(judged.hostname))) return { url: judged.url };
    return { refusal: `${judged.hostname} has no public address` };
  }
}

function toState({ channel, connection_id, is_failing, last_error, last_delivered_at, pending, oldest_pending_at }: StateRow): ChannelStates['channels'][number] {
  const state = stateOf({ isFailing: is_failing, oldestPendingAt: oldest_pending_at, nowMs: Date.now() });
  return { channel, connection_id, state, pending, last_error, last_delivered_at: last_delivered_at && toUtc(last_delivered_at) };
}

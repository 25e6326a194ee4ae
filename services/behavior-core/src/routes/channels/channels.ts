import {
  channelName, channelStates, connectChannelBody, FEED, judgedUrl, newWebhookSecret, pageQuery, type ChannelCredentials, type ChannelStates, type ChannelView, type ConnectChannelBody,
} from '@waggle/contracts';
import { answerPage, invalid, noContent, ok, parseBody, Problem, type ApiRequest, type AskInternal, type Route } from '@waggle/http';
import { Unavailable, type Logger } from '@waggle/runtime';
import { z } from 'zod';
import type { ChannelStore, ConnectionRow } from '../../adapters/channels/channel-store.ts';
import type { UserRef } from '../../adapters/people/user-store.ts';
import { administrator, namedUser, unknownUser } from '../people/named-user.ts';

export interface ChannelsDeps {
  channels: ChannelStore;
  askDispatcher: AskInternal;
  logger: Logger;
}

const PATH = '/v1/users/:id/channels';
const TELEGRAM_URL = 'https://api.telegram.org';
const THE_FEED: ConnectionRow = { channel: FEED, kind: FEED, id: FEED };
const namePosition = z.tuple([channelName]);
type State = ChannelStates['channels'][number];

/** Where a user is told of changes. Credentials go in and are never shown again. */
export function channelsRoutes({ channels, askDispatcher, logger }: ChannelsDeps): Route[] {
  /** Null where the dispatcher does not say. */
  async function statesOf({ workspaceId, userId }: UserRef): Promise<Map<string, State> | null> {
    try {
      const { channels: states } = await askDispatcher('/internal/channel-states', { workspace_id: workspaceId, user_id: userId }, channelStates);
      return new Map(states.map((state) => [state.channel, state]));
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      logger.warn({ err: error }, 'the states of channels are unknown');
      return null;
    }
  }

  const toCredentials = createToCredentials(askDispatcher);
  const tellChanged = createTellChanged({ askDispatcher, logger });

  async function list(request: ApiRequest) {
    const user = namedUser(request);
    const [rows, states] = await Promise.all([channels.list(user), statesOf(user)]);
    if (rows === null) throw unknownUser();
    const all = [THE_FEED, ...rows].toSorted((a, b) => (a.channel < b.channel ? -1 : 1));
    return answerPage(request, {
      query: pageQuery,
      scope: ['channels', user.userId],
      position: namePosition,
      load: async ({ after, limit }) => all.filter(({ channel }) => after === null || channel > after[0]).slice(0, limit),
      positionOf: ({ channel }) => [channel],
      toItem: (row) => toView(row, states),
    });
  }

  async function connect(request: ApiRequest) {
    const user = namedUser(request);
    const channel = nameIn(request);
    const body = parseBody(connectChannelBody, request.body);
    if (channel === FEED && body.kind !== FEED) throw invalid('kind', 'The channel feed is of the kind feed');
    const credentials = await toCredentials(body);
    if (channel === FEED) {
      if ((await channels.list(user)) === null) throw unknownUser();
    } else {
      const outcome = await channels.connect(administrator(request), user, { channel, credentials });
      if (outcome === 'unknown_user') throw unknownUser();
      if (outcome === 'too_many') throw new Problem('plan_limit_reached', { detail: 'A user may have no more channels' });
      await tellChanged(user, channel);
    }
    const fresh = freshView({ channel, kind: body.kind });
    return ok(credentials.kind === 'webhook' ? { ...fresh, secret: credentials.secret } : fresh);
  }

  async function disconnect(request: ApiRequest) {
    const user = namedUser(request);
    const channel = nameIn(request);
    if (channel === FEED) throw invalid('channel', 'Every user has the feed');
    if (!(await channels.disconnect(administrator(request), user, channel))) throw new Problem('not_found', { detail: 'No such channel' });
    await tellChanged(user, channel);
    return noContent();
  }

  return [
    { method: 'get', path: PATH, handle: list },
    { method: 'put', path: `${PATH}/:channel`, handle: connect },
    { method: 'delete', path: `${PATH}/:channel`, handle: disconnect },
  ];
}

/** The dispatcher would notice within five seconds, and what waits there would wait on. */
function createTellChanged({ askDispatcher, logger }: Pick<ChannelsDeps, 'askDispatcher' | 'logger'>) {
  return async ({ workspaceId, userId }: UserRef, channel: string): Promise<void> => {
    try {
      await askDispatcher('/internal/channel-changed', { workspace_id: workspaceId, user_id: userId, channel }, z.object({}));
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      logger.warn({ err: error, channel }, 'the dispatcher does not know of a changed channel yet');
    }
  };
}

/** The dispatcher makes the connections, so it is the one to say whether it would make this one. */
function createToCredentials(askDispatcher: AskInternal) {
  async function judge(field: string, url: string): Promise<string> {
    const judged = await askDispatcher('/internal/judge-url', { url }, judgedUrl);
    if ('refusal' in judged) throw new Problem('url_not_allowed', { detail: judged.refusal, errors: [{ path: field, message: judged.refusal }] });
    return judged.url;
  }

  return async (body: ConnectChannelBody): Promise<ChannelCredentials> => {
    switch (body.kind) {
      case 'telegram': return { ...body, api_base_url: (await judge('api_base_url', body.api_base_url ?? TELEGRAM_URL)).replace(/\/+$/, '') };
      case 'slack': return { ...body, webhook_url: await judge('webhook_url', body.webhook_url) };
      case 'webhook': return { ...body, url: await judge('url', body.url), secret: newWebhookSecret() };
      case 'feed':
      default: return body;
    }
  };
}

/** A connection that has told nothing yet. */
const freshView = ({ channel, kind }: Pick<ChannelView, 'channel' | 'kind'>): ChannelView =>
  ({ channel, kind, state: 'in_sync', pending: 0, last_delivered_at: null, last_error: null });

/** What was said of an earlier connection of the same name is not about this one; what waits for the channel waits for this one too. */
function toView({ channel, kind, id }: ConnectionRow, states: ReadonlyMap<string, State> | null): ChannelView {
  if (states === null) return { channel, kind, state: 'unknown', pending: null, last_delivered_at: null, last_error: null };
  const state = states.get(channel);
  const fresh = freshView({ channel, kind });
  if (state === undefined) return fresh;
  if (state.connection_id !== null && state.connection_id !== id) return { ...fresh, state: state.state === 'lagging' ? 'lagging' : 'in_sync', pending: state.pending };
  return { channel, kind, state: state.state, pending: state.pending, last_delivered_at: state.last_delivered_at, last_error: state.last_error };
}

function nameIn({ params }: ApiRequest): string {
  const parsed = channelName.safeParse(params['channel']);
  if (!parsed.success) throw invalid('channel', 'Must be 1 to 200 characters');
  return parsed.data;
}

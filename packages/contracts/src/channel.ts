import { z } from 'zod';
import { behaviorEvent } from './behavior-event.ts';
import { defineMessage, keyOfUser } from './message.ts';
import { channelName, idOf, label, urlText, userId, utcTimestamp } from './scalars.ts';

/** What every user has, without connecting it. */
export const FEED = 'feed';

/** Telegram's look like `123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11`; a Bot API server of one's own may have others. It stands in a path, so nothing else may be in it. */
const botToken = z.string().regex(/^[A-Za-z0-9:_-]{1,200}$/, 'Must be 1 to 200 letters, digits or : _ -');
/** Telegram, `sendMessage`: the id of a chat, or a channel as in `@channelusername`. What else it may be the server knows. */
const chatId = z.union([z.int(), label], 'Must be an integer or 1 to 200 characters');

/** `PUT /v1/users/{id}/channels/{channel}`. The URLs' own rules are the dispatcher's: it makes the connections. */
export const connectChannelBody = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('telegram'), bot_token: botToken, chat_id: chatId, api_base_url: urlText.optional() }),
  z.strictObject({ kind: z.literal('slack'), webhook_url: urlText }),
  z.strictObject({ kind: z.literal('webhook'), url: urlText }),
  z.strictObject({ kind: z.literal('feed') }),
]);
export type ConnectChannelBody = z.infer<typeof connectChannelBody>;
export type ChannelKind = ConnectChannelBody['kind'];

/** What a message needs to reach its service: sealed at rest, and told to the dispatcher alone. */
export const channelCredentials = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('telegram'), bot_token: z.string(), chat_id: z.union([z.int(), z.string()]), api_base_url: z.string() }),
  z.object({ kind: z.literal('slack'), webhook_url: z.string() }),
  z.object({ kind: z.literal('webhook'), url: z.string(), secret: z.string() }),
  z.object({ kind: z.literal('feed') }),
]);
export type ChannelCredentials = z.infer<typeof channelCredentials>;

export const channelRef = z.object({ workspace_id: z.string(), user_id: userId, channel: channelName });
export type ChannelRef = z.infer<typeof channelRef>;

/** `POST /internal/find-channels`: connections as they are now. What is not in the answer is not connected. */
export const findChannelsBody = z.object({ channels: z.array(channelRef).max(1_000) });
export const foundChannel = channelRef.extend({ connection_id: z.string(), credentials: channelCredentials });
export type FoundChannel = z.infer<typeof foundChannel>;
export const foundChannels = z.object({ channels: z.array(foundChannel) });

/** `unknown`: the dispatcher, which knows, does not answer. */
export const channelState = z.enum(['in_sync', 'lagging', 'failing', 'unknown']);

/** `GET /v1/users/{id}/channels`. `secret` is in the answer to the connection of a `webhook` alone. */
export const channelView = z.object({
  channel: z.string(),
  kind: z.enum(['telegram', 'slack', 'webhook', 'feed']),
  state: channelState,
  pending: z.int().nullable(),
  last_delivered_at: utcTimestamp.nullable(),
  last_error: z.string().nullable(),
  secret: z.string().optional(),
});
export type ChannelView = z.infer<typeof channelView>;

/** What the dispatcher tells the core of a user's channels (`POST /internal/channel-states`). A channel that was told nothing is not there. */
export const channelStates = z.object({
  channels: z.array(channelView.pick({ channel: true, last_delivered_at: true, last_error: true }).extend({
    connection_id: z.string().nullable(), state: channelState.exclude(['unknown']), pending: z.int(),
  })),
});
export type ChannelStates = z.infer<typeof channelStates>;

/** `POST /internal/judge-url`: whether the dispatcher would call it, and in which spelling it is kept. */
export const judgedUrl = z.union([z.object({ url: z.string() }), z.object({ refusal: z.string() })]);
export type JudgedUrl = z.infer<typeof judgedUrl>;

export const channelMessageKind = z.enum(['activity', 'reminder']);

/** `GET /v1/users/{id}/channels/{channel}/messages`, oldest first. */
export const channelMessageView = z.object({
  id: z.string(),
  channel: z.string(),
  kind: channelMessageKind,
  text: z.string(),
  event_id: z.string(),
  created_at: utcTimestamp,
  delivered_at: utcTimestamp.nullable(),
  attempts: z.int(),
  error: z.string().nullable(),
});
export type ChannelMessageView = z.infer<typeof channelMessageView>;

/** One message for one channel: what is to be told is the event. */
export const channelMessage = defineMessage({
  topic: 'private.channel.message.v1',
  data: z.object({
    id: idOf('msg'),
    workspace_id: z.string(),
    user_id: userId,
    channel: channelName,
    event: behaviorEvent.data,
  }),
  key: keyOfUser,
});
export type ChannelMessage = z.infer<typeof channelMessage.data>;

/** A connection began to fail, or works again: what the core goes by when it chooses a reminder's channel. */
export const channelStateChange = defineMessage({
  topic: 'private.channel.state.v1',
  data: z.object({ workspace_id: z.string(), user_id: userId, channel: channelName, connection_id: z.string(), is_failing: z.boolean(), at: utcTimestamp }),
  key: keyOfUser,
});
export type ChannelStateChange = z.infer<typeof channelStateChange.data>;

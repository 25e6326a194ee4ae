import { signStandardWebhook, signWebhook } from '@waggle/client';
import type { BehaviorEvent, ChannelCredentials } from '@waggle/contracts';
import { activityOf, kindOf } from './message-text.ts';

/** A message on its way out. */
export interface OutgoingMessage {
  id: string;
  channel: string;
  text: string;
  event: BehaviorEvent;
  /** This attempt's, from 1. */
  attempt: number;
}

interface FormattedRequest {
  url: string;
  headers: Record<string, string>;
  body: string;
}

const JSON_HEADERS = { 'content-type': 'application/json', 'user-agent': 'Waggle-Channels/1' };

/** As each service documents it. Null: nobody is called, the feed is where the message stands. */
export function formatRequest(credentials: ChannelCredentials, message: OutgoingMessage, nowMs: number): FormattedRequest | null {
  switch (credentials.kind) {
    // https://core.telegram.org/bots/api#sendmessage
    case 'telegram': return {
      url: `${credentials.api_base_url}/bot${credentials.bot_token}/sendMessage`,
      headers: JSON_HEADERS,
      body: JSON.stringify({ chat_id: credentials.chat_id, text: message.text }),
    };
    // https://api.slack.com/messaging/webhooks
    case 'slack': return { url: credentials.webhook_url, headers: JSON_HEADERS, body: JSON.stringify({ text: escapeForSlack(message.text) }) };
    case 'webhook': return signed(credentials, message, nowMs);
    case 'feed':
    default: return null;
  }
}

/** https://api.slack.com/reference/surfaces/formatting#escaping: these three and no others. */
const escapeForSlack = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Contract, sections 3 and 4: fresh headers for every attempt, the body stays as it is. */
function signed({ url, secret }: Extract<ChannelCredentials, { kind: 'webhook' }>, { id, channel, text, event, attempt }: OutgoingMessage, nowMs: number): FormattedRequest {
  const body = JSON.stringify({ id, user_id: event.user_id, channel, kind: kindOf(event), event: event.event, text, timestamp: event.timestamp, activity: activityOf(event) });
  const timestamp = Math.floor(nowMs / 1_000);
  return {
    url,
    headers: {
      ...JSON_HEADERS,
      'x-buffy-signature': signWebhook(secret, body),
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': signStandardWebhook(secret, { id, timestamp, body }),
      'x-buffy-event': event.event,
      'x-buffy-delivery': id,
      'x-buffy-attempt': String(attempt),
    },
    body,
  };
}

/** Whose lane a message takes: one service that hangs must not hold up another. */
export function hostOf(credentials: ChannelCredentials): string {
  switch (credentials.kind) {
    case 'telegram': return new URL(credentials.api_base_url).host;
    case 'slack': return new URL(credentials.webhook_url).host;
    case 'webhook': return new URL(credentials.url).host;
    case 'feed':
    default: return credentials.kind;
  }
}

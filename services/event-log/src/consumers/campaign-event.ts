import { campaignEvent } from '@waggle/contracts';
import { defineDrawingHandler, type BatchHandler } from '@waggle/kafka';
import { isWebhookEvent, toLogEntry, type LogEntry } from '../domain/log-entry.ts';

interface CampaignEventDeps {
  /** In the order given; what is in the log already stays as it is. */
  record(entries: Iterable<LogEntry>): Promise<void>;
}

/** The log holds what webhooks carry: awards, but not what became of each in-app event. */
export const campaignEventHandler = ({ record }: CampaignEventDeps): BatchHandler =>
  defineDrawingHandler(campaignEvent, {
    skip: ({ event }) => (isWebhookEvent(event) ? null : 'no webhook carries it'),
    handle: (received) => record(received.map(({ data, json }) => toLogEntry(data, json))),
  });

import { campaignEvent } from '@waggle/contracts';
import { defineBatchHandler, done, skipped, type BatchHandler } from '@waggle/kafka';
import { isWebhookEvent, toLogEntry, type LogEntry } from '../domain/log-entry.ts';

interface CampaignEventDeps {
  /** In the order given; what is in the log already stays as it is. */
  record(entries: Iterable<LogEntry>): Promise<void>;
}

/** The log holds what webhooks carry: awards, but not what became of each in-app event. */
export const campaignEventHandler = ({ record }: CampaignEventDeps): BatchHandler =>
  defineBatchHandler(campaignEvent, {
    async handle(received) {
      const kept = received.filter(({ data }) => isWebhookEvent(data.event));
      await record(kept.values().map(({ data, raw }) => toLogEntry(data, raw.value)));
      return received.map(({ data }) => (isWebhookEvent(data.event) ? done() : skipped('no webhook carries it')));
    },
  });

import { campaignEvent, webhookEventTypes } from '@waggle/contracts';
import { defineBatchHandler, done, skipped } from '@waggle/kafka';
import type { FanOut } from '../delivery/fan-out.ts';
import { toWebhookEvent } from '../domain/event.ts';

/** Awards go to endpoints; what became of an in-app event is for the topic's other readers. */
export const campaignEventHandler = ({ fanOut }: { fanOut: FanOut }) =>
  defineBatchHandler(campaignEvent, {
    async handle(received) {
      const deliverable = received.filter(({ data }) => isDeliverable(data.event));
      if (deliverable.length > 0) await fanOut(deliverable.map(({ raw }) => toWebhookEvent(raw.value)));
      return received.map(({ data }) => (isDeliverable(data.event) ? done() : skipped('no webhook event')));
    },
  });

const isDeliverable = (event: string) => webhookEventTypes.includes(event);

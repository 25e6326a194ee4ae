import { behaviorEvent, sequenceOf } from '@waggle/contracts';
import { defineBatchHandler, done } from '@waggle/kafka';
import type { FanOut } from '../delivery/fan-out.ts';
import { toFeedMessage } from '../delivery/tell-channels.ts';
import { toWebhookEvent } from '../domain/event.ts';

export const behaviorEventHandler = ({ fanOut }: { fanOut: FanOut }) =>
  defineBatchHandler(behaviorEvent, {
    async handle(received) {
      const loud = received.filter(({ raw }) => raw.headers['ce_quiet'] === undefined);
      await fanOut(
        received.map(({ raw }) => toWebhookEvent(raw.value, raw.headers)),
        loud.map(({ data, raw }) => toFeedMessage({ data, sequence: sequenceOf(raw.headers) })),
      );
      return received.map(done);
    },
  });

import { behaviorEvent } from '@waggle/contracts';
import { defineBatchHandler, done } from '@waggle/kafka';
import type { FanOut } from '../delivery/fan-out.ts';
import { toWebhookEvent } from '../domain/event.ts';

export const behaviorEventHandler = ({ fanOut }: { fanOut: FanOut }) =>
  defineBatchHandler(behaviorEvent, {
    async handle(received) {
      await fanOut(received.map(({ raw }) => toWebhookEvent(raw.value, raw.headers)));
      return received.map(done);
    },
  });

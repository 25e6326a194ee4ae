import { behaviorEvent, sequenceOf } from '@waggle/contracts';
import { defineBatchHandler, done } from '@waggle/kafka';
import type { FanOut } from '../delivery/fan-out.ts';
import type { TellChannels } from '../delivery/tell-channels.ts';
import { toWebhookEvent } from '../domain/event.ts';

export const behaviorEventHandler = ({ fanOut, tellFeed }: { fanOut: FanOut } & Pick<TellChannels, 'tellFeed'>) =>
  defineBatchHandler(behaviorEvent, {
    async handle(received) {
      await fanOut(received.map(({ raw }) => toWebhookEvent(raw.value, raw.headers)));
      const loud = received.filter(({ raw }) => raw.headers['ce_quiet'] === undefined);
      await tellFeed(loud.map(({ data, raw }) => ({ data, sequence: sequenceOf(raw.headers) })));
      return received.map(done);
    },
  });

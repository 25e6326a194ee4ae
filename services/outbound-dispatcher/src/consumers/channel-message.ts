import { channelMessage, sequenceOf } from '@waggle/contracts';
import { defineBatchHandler, done } from '@waggle/kafka';
import type { TellChannels } from '../delivery/tell-channels.ts';

export const channelMessageHandler = ({ tell }: { tell: TellChannels }) =>
  defineBatchHandler(channelMessage, {
    async handle(received) {
      await tell(received.map(({ data, raw }) => ({ data, sequence: sequenceOf(raw.headers) })));
      return received.map(done);
    },
  });

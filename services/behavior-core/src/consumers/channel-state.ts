import { channelStateChange, type ChannelStateChange } from '@waggle/contracts';
import { defineBatchHandler, done } from '@waggle/kafka';

/** Which connections fail, as the dispatcher finds out: reminders pass them over. */
export const channelStateHandler = ({ saveStates }: { saveStates(changes: readonly ChannelStateChange[]): Promise<void> }) =>
  defineBatchHandler(channelStateChange, {
    async handle(received) {
      await saveStates(received.map(({ data }) => data));
      return received.map(done);
    },
  });

import { userErased, type UserErased } from '@waggle/contracts';
import { defineBatchHandler, done } from '@waggle/kafka';

/** What the other services report: an erasure is complete when all of them have. */
export const userErasedHandler = ({ report }: { report(reports: readonly UserErased[]): Promise<void> }) =>
  defineBatchHandler(userErased, {
    async handle(received) {
      await report(received.map(({ data }) => data));
      return received.map(done);
    },
  });

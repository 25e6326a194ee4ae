import { auditEntry, type AuditEntry } from '@waggle/contracts';
import { defineBatchHandler, done } from '@waggle/kafka';

/** What other services administer stands in the one audit log. */
export const auditEntryHandler = ({ record }: { record(entries: readonly AuditEntry[]): Promise<void> }) =>
  defineBatchHandler(auditEntry, {
    async handle(received) {
      await record(received.map(({ data }) => data));
      return received.map(done);
    },
  });

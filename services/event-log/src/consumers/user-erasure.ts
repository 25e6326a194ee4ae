import { userErased, userErasure, type UserErasure } from '@waggle/contracts';
import { defineBatchHandler, done, toRecord, type BatchHandler, type KafkaRecord } from '@waggle/kafka';

interface UserErasureDeps {
  /** Repeatable: a redelivered record erases what is left. */
  erase(erasure: UserErasure): Promise<void>;
  publish(records: readonly KafkaRecord[]): Promise<void>;
}

/** Erases first and reports then: without the report the record is not handled, and comes again. */
export const userErasureHandler = ({ erase, publish }: UserErasureDeps): BatchHandler =>
  defineBatchHandler(userErasure, {
    async handle(received) {
      for (const { data } of received) await erase(data);
      await publish(received.map(({ data: { operation_id, workspace_id } }) => toRecord(userErased, { operation_id, workspace_id, service: 'event-log' })));
      return received.map(done);
    },
  });

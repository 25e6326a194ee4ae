import { userErased, userErasure, type UserErased, type UserErasure } from '@waggle/contracts';
import { defineBatchHandler, done, type BatchHandler } from './batch-handler.ts';
import { toRecord, type KafkaRecord } from './record.ts';

interface UserErasureDeps {
  /** Repeatable: a redelivered record erases what is left. */
  erase(erasure: UserErasure): Promise<void>;
  publish(records: readonly KafkaRecord[]): Promise<void>;
}

/** For a service that keeps something of users. Erases first and reports then: without the report the record is not handled, and comes again. */
export const userErasureHandler = (service: UserErased['service'], { erase, publish }: UserErasureDeps): BatchHandler =>
  defineBatchHandler(userErasure, {
    async handle(received) {
      for (const { data } of received) await erase(data);
      await publish(received.map(({ data: { operation_id, workspace_id } }) => toRecord(userErased, { operation_id, workspace_id, service })));
      return received.map(done);
    },
  });

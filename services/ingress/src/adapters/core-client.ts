import type { Reply } from '@waggle/contracts';
import type { KafkaRecord, Producer } from '@waggle/kafka';
import type { ReplyChannel } from './reply-channel.ts';

/** Accepted: Kafka has it and the core has not answered yet. Unavailable: Kafka has not acknowledged it. */
type Submission = { kind: 'answered'; reply: Reply } | { kind: 'accepted' } | { kind: 'unavailable' };

interface Asked {
  operationId: string;
  /** What is put into Kafka, for replies to come to that address. */
  toRecords(replyTo: string): KafkaRecord[];
}
export type Submit = (asked: Asked) => Promise<Submission>;

interface CoreClientDeps {
  /** Gives up in time by itself. */
  publish: Producer['publish'];
  replyChannel: ReplyChannel;
}

interface CoreClientSettings {
  /** How long to wait for the core once Kafka has the command. */
  waitMs: number;
  waitingMax: number;
}

/** The core's reply may overtake Kafka's acknowledgement; it proves the same, so it is answered at once. */
export function createCoreClient({ publish, replyChannel }: CoreClientDeps, { waitMs, waitingMax }: CoreClientSettings): Submit {
  return async ({ operationId, toRecords }) => {
    if (replyChannel.waiting() >= waitingMax) return { kind: 'unavailable' };
    const { promise, resolve } = Promise.withResolvers<Submission>();
    let isAcknowledged = false;
    let isOutOfPatience = !replyChannel.isListening();
    const settle = () => { if (isAcknowledged && isOutOfPatience) resolve({ kind: 'accepted' }); };

    replyChannel.await(operationId, (reply) => resolve({ kind: 'answered', reply }));
    const patience = setTimeout(() => { isOutOfPatience = true; settle(); }, waitMs);
    publish(toRecords(replyChannel.address)).then(
      () => { isAcknowledged = true; settle(); },
      () => resolve({ kind: 'unavailable' }),
    );

    return promise.finally(() => {
      clearTimeout(patience);
      replyChannel.forget(operationId);
    });
  };
}

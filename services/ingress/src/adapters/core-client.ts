import { behaviorCommand, type BehaviorCommand, type OperationResult } from '@waggle/contracts';
import { toRecord, type Producer } from '@waggle/kafka';
import type { ReplyChannel } from './reply-channel.ts';

/** Accepted: Kafka has it and the core has not answered yet. Unavailable: Kafka has not acknowledged it. */
export type Submission = { kind: 'answered'; result: OperationResult } | { kind: 'accepted' } | { kind: 'unavailable' };
export type Submit = (command: Omit<BehaviorCommand, 'reply_to'>) => Promise<Submission>;

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
  return async (command) => {
    if (replyChannel.waiting() >= waitingMax) return { kind: 'unavailable' };
    const { promise, resolve } = Promise.withResolvers<Submission>();
    let isAcknowledged = false;
    let isOutOfPatience = !replyChannel.isListening();
    const settle = () => { if (isAcknowledged && isOutOfPatience) resolve({ kind: 'accepted' }); };

    replyChannel.await(command.operation_id, (result) => resolve({ kind: 'answered', result }));
    const patience = setTimeout(() => { isOutOfPatience = true; settle(); }, waitMs);
    publish([toRecord(behaviorCommand, { ...command, reply_to: replyChannel.address })]).then(
      () => { isAcknowledged = true; settle(); },
      () => resolve({ kind: 'unavailable' }),
    );

    return promise.finally(() => {
      clearTimeout(patience);
      replyChannel.forget(command.operation_id);
    });
  };
}

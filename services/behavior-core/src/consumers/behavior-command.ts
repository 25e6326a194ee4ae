import { behaviorCommand, keyOfUser, type BehaviorCommand, type OperationResult, type Reply } from '@waggle/contracts';
import { defineBatchHandler, done, skipped, type Outcome } from '@waggle/kafka';
import type { BatchState, Verdict } from '../domain/commands/batch-state.ts';
import { decideBatch, type BatchChanges } from '../domain/commands/decide-batch.ts';

export interface BehaviorCommandDeps {
  /** One transaction: locks, state, answers, operations, outbox. */
  applyCommands(commands: readonly BehaviorCommand[], decide: (state: BatchState, now: string) => BatchChanges): Promise<BatchChanges>;
  recordPoisoned(command: BehaviorCommand): Promise<void>;
  reply(replies: readonly (Reply & { reply_to: string })[]): void;
  /** Tells the outbox relay which keys have something new. */
  wake(keys: readonly string[]): void;
}

export const behaviorCommandHandler = ({ applyCommands, recordPoisoned, reply, wake }: BehaviorCommandDeps) =>
  defineBatchHandler(behaviorCommand, {
    async handle(received) {
      const commands = received.map(({ data }) => data);
      const { verdicts, events } = await applyCommands(commands, (state, now) => decideBatch(commands, state, now));
      // Only now: an answer must never tell of what could still be rolled back.
      reply(commands.flatMap((command, index) => toReply(command, toResult(verdicts[index]!))));
      wake(events.map(keyOfUser));
      return verdicts.map(toOutcome);
    },
    async onPoisoned({ data }) {
      await recordPoisoned(data);
      reply(toReply(data, { status: 'refused', code: 'internal', detail: 'The request could not be processed' }));
    },
  });

function toReply({ operation_id, reply_to }: BehaviorCommand, result: OperationResult): (Reply & { reply_to: string })[] {
  return reply_to === null ? [] : [{ operation_id, reply_to, result }];
}

const toResult = (verdict: Verdict): OperationResult => (verdict.outcome === 'refused' ? verdict.refusal : verdict.answer);

const toOutcome = ({ outcome }: Verdict): Outcome => (outcome === 'processed' ? done() : skipped(outcome));

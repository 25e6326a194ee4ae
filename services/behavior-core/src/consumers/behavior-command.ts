import { behaviorCommand, keyOfUser, type BehaviorCommand, type Reply } from '@waggle/contracts';
import { defineBatchHandler, done, skipped, type Outcome } from '@waggle/kafka';
import type { Verdict } from '../domain/commands/batch-state.ts';
import type { Applied } from '../domain/commands/batch-changes.ts';
import { toResult } from '../domain/commands/decide-batch.ts';

export interface BehaviorCommandDeps {
  /** Decides and keeps them in one transaction: locks, state, answers, operations, outbox. */
  apply(commands: readonly BehaviorCommand[]): Promise<Applied>;
  recordPoisoned(command: BehaviorCommand): Promise<void>;
  reply(replies: readonly (Reply & { reply_to: string })[]): void;
  /** Tells the outbox relay which keys have something new. */
  wake(keys: readonly string[]): void;
}

export const behaviorCommandHandler = ({ apply, recordPoisoned, reply, wake }: BehaviorCommandDeps) =>
  defineBatchHandler(behaviorCommand, {
    async handle(received) {
      const commands = received.map(({ data }) => data);
      const { verdicts, events } = await apply(commands);
      // Only now: an answer must never tell of what could still be rolled back.
      reply(commands.flatMap((command, index) => toReply(command, verdicts[index]!)));
      wake(events.map(keyOfUser));
      return verdicts.map(toOutcome);
    },
    async onPoisoned({ data }) {
      await recordPoisoned(data);
      reply(toReply(data, { outcome: 'refused', refusal: { status: 'refused', code: 'internal', detail: 'The request could not be processed' } }));
    },
  });

function toReply({ operation_id, reply_to }: BehaviorCommand, verdict: Verdict): (Reply & { reply_to: string })[] {
  return reply_to === null ? [] : [{ operation_id, reply_to, replayed: verdict.outcome === 'replayed', result: toResult(verdict) }];
}

const toOutcome = ({ outcome }: Verdict): Outcome => (outcome === 'processed' ? done() : skipped(outcome));

import { toUtc, type OperationAnswer, type OperationResult } from '@waggle/contracts';
import { toActivityView } from '../activities/view.ts';
import { activityKey, type BatchState, type Remembered, type Verdict } from './batch-state.ts';
import { noChanges, refused, type BatchChanges, type Context, type Deciding } from './batch-changes.ts';
import { decideCreation, decideOnboarding } from './decide-creation.ts';
import { decideOccurrence } from './decide-occurrence.ts';
import { EFFECT_BYTES_MAX, sizeOfEffects } from './effect-size.ts';
import type { Instruction } from './instruction.ts';

/**
 * Decides in order; each instruction sees what the earlier ones of the batch did, repetitions of itself included. It ends early, with fewer
 * verdicts than instructions, when the effects have become large: the rest is for another transaction.
 */
export function decideBatch(instructions: readonly Instruction[], state: BatchState, deciding: Deciding): BatchChanges {
  const changes = noChanges();
  const context = { now: toUtc(deciding.now), limits: deciding.limits, state, changes };
  let size = 0;
  for (const instruction of instructions) {
    const before = changes.events.length;
    const verdict = decide(instruction, context);
    changes.verdicts.push(verdict);
    size += sizeOfEffects(verdict, changes.events.slice(before));
    if (size > EFFECT_BYTES_MAX) break;
  }
  return changes;
}

function decide(instruction: Instruction, context: Context): Verdict {
  const { state, changes } = context;
  const decided = state.operations.get(instruction.operationId);
  if (decided !== undefined) return decided;
  const first = changes.answers.get(instruction.id) ?? changes.completedAnswers.get(instruction.id) ?? state.answers.get(instruction.id);
  if (first !== undefined) return repeat(instruction, first, context);

  const verdict = decideFirst(instruction, context);
  const { workspaceId, userId, digest } = instruction;
  // Under its natural key a refused request may be sent again once its cause is gone; an Idempotency-Key keeps what was answered.
  if (verdict.outcome !== 'refused' || digest !== null) changes.answers.set(instruction.id, { workspaceId, userId, digest, result: toResult(verdict) });
  return verdict;
}

function repeat(instruction: Instruction, first: Pick<Remembered, 'digest' | 'result'>, context: Context): Verdict {
  const { digest } = instruction;
  if (first.digest !== digest) return refused('idempotency_key_reused', 'The Idempotency-Key was used with another body');
  const { result } = first;
  if (digest !== null) return { outcome: 'replayed', result };
  if (result.status === 'refused') return { outcome: 'refused', refusal: result };
  return { outcome: 'duplicate', answer: { ...complete(instruction, result, context), status: 'duplicate' } };
}

/** What was first an item of a bulk was answered without a view. Who repeats it by itself is shown the activity as it is, and so is who asks again. */
function complete(instruction: Instruction, answer: OperationAnswer, { state, changes, now }: Context): OperationAnswer {
  const { id, digest, workspaceId, body, isBulk = false } = instruction;
  const loaded = 'activity_id' in body ? state.activities.get(activityKey(workspaceId, body.activity_id)) : undefined;
  if (isBulk || answer.activity !== null || loaded === undefined) return answer;
  const result = { ...answer, activity: toActivityView(loaded, now) };
  changes.completedAnswers.set(id, { digest, result });
  return result;
}

function decideFirst(instruction: Instruction, context: Context): Verdict {
  const { body } = instruction;
  if (body.event === 'onboarding.completed') return decideOnboarding({ ...instruction, body }, context);
  if (body.event === 'activity.create') return decideCreation({ ...instruction, body }, context);
  return decideOccurrence({ ...instruction, body }, context);
}

/** What the request is answered with. */
export function toResult(verdict: Verdict): OperationResult {
  if (verdict.outcome === 'replayed') return verdict.result;
  return verdict.outcome === 'refused' ? verdict.refusal : verdict.answer;
}

import type { BulkItem, BulkResult, OperationResult } from '@waggle/contracts';
import type { Verdict } from '../commands/batch-state.ts';
import { toResult } from '../commands/decide-batch.ts';
import type { Instruction } from '../commands/instruction.ts';
import type { BulkPart } from './plan-turns.ts';

/** An item as one more instruction: single requests and items share every rule. */
export type BulkInstruction = Instruction & { index: number };

export function toInstruction({ operation_id, workspace_id, creator_user_id, accepted_at }: BulkPart, { index, id, digest, body }: BulkItem): BulkInstruction {
  return {
    index, id, digest, operationId: operation_id, workspaceId: workspace_id, userId: body.user_id, creatorUserId: creator_user_id, acceptedAt: accepted_at, isBulk: true, body,
  };
}

export function resultOf({ index, operationId, body }: BulkInstruction, verdict: Verdict): BulkResult {
  const result = toResult(verdict);
  const named = 'activity_id' in body ? body.activity_id : null;
  if (result.status === 'refused') return { index, status: 'failed', activity_id: named, error: { code: result.code, detail: result.detail } };
  return { index, status: statusOf(operationId, verdict, result), activity_id: result.activity?.id ?? named, error: null };
}

/** An equal item of the same request is a duplicate; the repeated request itself is told what the first was told. */
function statusOf(operationId: string, { outcome }: Verdict, result: Exclude<OperationResult, { status: 'refused' }>): BulkResult['status'] {
  return outcome === 'replayed' && result.operation_id === operationId ? 'duplicate' : result.status;
}

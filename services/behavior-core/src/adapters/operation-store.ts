import { operationResult, refusal, type OperationResult } from '@waggle/contracts';
import { query } from '@waggle/database';
import type { Pool } from 'pg';

export interface CompletedOperation {
  outcome: string;
  /** Null when the answer is kept no longer. */
  result: OperationResult | null;
  completedAt: Date;
}

const FIND = {
  name: 'operation_find',
  text: `SELECT o.outcome, o.refusal, i.result, o.completed_at FROM operations o LEFT JOIN inbox i ON i.id = o.command_id
    WHERE o.workspace_id = $1 AND o.id = $2`,
};

export const createOperationStore = (pool: Pool) => ({
  async find(workspaceId: string, id: string): Promise<CompletedOperation | null> {
    const [row] = await query<{ outcome: string; refusal: unknown; result: unknown; completed_at: Date }>(pool, FIND, [workspaceId, id]);
    if (row === undefined) return null;
    const result = row.outcome === 'refused' ? refusal.parse(row.refusal) : asAsked(operationResult.nullable().parse(row.result), row.outcome);
    return { outcome: row.outcome, result, completedAt: row.completed_at };
  },
});
export type OperationStore = ReturnType<typeof createOperationStore>;

/** The answer is kept once, as the first request got it. */
function asAsked(result: OperationResult | null, outcome: string): OperationResult | null {
  return outcome === 'duplicate' && result !== null && result.status !== 'refused' ? { ...result, status: 'duplicate' } : result;
}

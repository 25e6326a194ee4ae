import type { BulkAnswer, BulkResult } from '@waggle/contracts';
import { query } from '@waggle/database';
import type { Pool } from 'pg';

export interface BulkOperation {
  isSynchronous: boolean;
  /** Null while lines are still coming. */
  total: number | null;
  done: number;
  failed: number;
  completedAt: Date | null;
}

/** The same of several operations at once: one question per turn, however many it completes. */
export interface OperationKey {
  workspaceId: string;
  operationId: string;
}

const FIND = {
  name: 'bulk_operation_find',
  text: `SELECT is_synchronous AS "isSynchronous", total, done, failed, completed_at AS "completedAt" FROM bulk_operations WHERE workspace_id = $1 AND id = $2`,
};
const LIST = {
  name: 'bulk_results_list',
  text: `SELECT index, status, activity_id, error FROM bulk_results
    WHERE workspace_id = $1 AND operation_id = $2 AND index > $3 AND ($4::text IS NULL OR status = $4) ORDER BY index LIMIT $5`,
};
const ANSWER = {
  name: 'bulk_results_answer',
  text: `SELECT operation_id, index, status, activity_id, error FROM bulk_results
    WHERE (workspace_id, operation_id) IN (SELECT * FROM unnest($1::text[], $2::text[])) ORDER BY workspace_id, operation_id, index`,
};

export const createBulkReader = (pool: Pool) => ({
  /** Null before any of it has been handled. */
  async find(workspaceId: string, operationId: string): Promise<BulkOperation | null> {
    return (await query<BulkOperation>(pool, FIND, [workspaceId, operationId]))[0] ?? null;
  },
  /** In the order of the items, one more than `limit` where there is more. */
  async listResults({ workspaceId, operationId }: OperationKey, { after, status, limit }: { after: number; status: string | null; limit: number }): Promise<BulkResult[]> {
    return query<BulkResult>(pool, LIST, [workspaceId, operationId, after, status, limit + 1]);
  },
  /** The answers of operations that are completed. */
  async answersOf(operations: readonly OperationKey[]): Promise<BulkAnswer[]> {
    if (operations.length === 0) return [];
    const values = [operations.map(({ workspaceId }) => workspaceId), operations.map(({ operationId }) => operationId)];
    const rows = Map.groupBy(await query<BulkResult & { operation_id: string }>(pool, ANSWER, values), ({ operation_id }) => operation_id);
    return operations.map(({ operationId }) => toAnswer(operationId, rows.get(operationId) ?? []));
  },
});
export type BulkReader = ReturnType<typeof createBulkReader>;

function toAnswer(operationId: string, rows: readonly (BulkResult & { operation_id: string })[]): BulkAnswer {
  const failed = rows.filter(({ status }) => status === 'failed').length;
  const results = rows.map(({ index, status, activity_id, error }) => ({ index, status, activity_id, error }));
  return { operation_id: operationId, succeeded: results.length - failed, failed, results };
}

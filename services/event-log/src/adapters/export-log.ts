import type { Client } from 'pg';
import { toItemText } from '../domain/item.ts';

const ROWS = 1_000;
const WORKSPACES = 'SELECT DISTINCT workspace_id AS "workspaceId" FROM events ORDER BY 1';
const PAGE = `SELECT position::text AS position, recorded_at AS "recordedAt", body, sequence::float8 AS sequence FROM events
  WHERE workspace_id = $1 AND position > $2::bigint ORDER BY position LIMIT ${ROWS}`;

/** The whole log, every workspace in its order: the items of the public export, with the workspace and the core's number of the event. */
export async function exportLog(client: Client, write: (lines: string) => Promise<void>): Promise<number> {
  let count = 0;
  for (const { workspaceId } of (await client.query(WORKSPACES)).rows) {
    for (let after = '0'; ; ) {
      const { rows } = await client.query(PAGE, [workspaceId, after]);
      await write(rows.map(({ sequence, ...row }) => `${toItemText(row).slice(0, -1)},"workspace_id":${JSON.stringify(workspaceId)},"sequence":${sequence}}\n`).join(''));
      count += rows.length;
      if (rows.length < ROWS) break;
      after = rows.at(-1).position;
    }
  }
  return count;
}

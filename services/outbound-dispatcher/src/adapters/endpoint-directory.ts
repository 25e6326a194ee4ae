import { MAX_IN_FLIGHT_DEFAULT } from '@waggle/contracts';
import type { ClientBase, Pool } from 'pg';
import type { Endpoint } from '../domain/endpoint.ts';

export const RECEIVER_COLUMNS = `workspace_id AS "workspaceId", id, user_id AS "userId", url, event_types AS "eventTypes", sealed_secret AS "sealedSecret",
  previous_sealed_secret AS "previousSealedSecret", previous_secret_until AS "previousSecretUntil", sealed_headers AS "sealedHeaders", ordering,
  max_in_flight AS "maxInFlight", paused_until IS NOT NULL AS "isPaused", status`;

// One row without an endpoint when nothing has changed. One statement, one snapshot: the counter never promises a row that is not here.
const CHANGED_SINCE = {
  name: 'endpoints_changed_since',
  text: `SELECT counter, change, deleted_at IS NOT NULL AS "isDeleted", ${RECEIVER_COLUMNS}
    FROM (SELECT counter FROM endpoint_changes) AS changes LEFT JOIN endpoints ON endpoints.change > $1 AND ($1 > 0 OR deleted_at IS NULL)`,
};

type Row = { counter: string } & ((Endpoint & { isDeleted: boolean }) | { id: null });

/** Every endpoint, in memory, as of the last refresh. Whoever must not miss a new one refreshes it in his own transaction. */
export function createEndpointDirectory() {
  let counter = 0n;
  const workspaces = new Map<string, Map<string, Endpoint>>();
  const caps = new Map<string, number>();
  const paused = new Set<string>();

  function apply(rows: readonly Row[]) {
    const seen = BigInt(rows[0]?.counter ?? 0);
    // Refreshes overlap; an answer older than what is known would bring deleted endpoints back.
    if (seen < counter) return;
    counter = seen;
    for (const row of rows) if (row.id !== null) keep(row);
  }

  function keep({ isDeleted, ...row }: Endpoint & { isDeleted: boolean }) {
    const endpoints = workspaces.get(row.workspaceId) ?? new Map<string, Endpoint>();
    workspaces.set(row.workspaceId, endpoints);
    if (isDeleted) endpoints.delete(row.id);
    else endpoints.set(row.id, row);
    if (isDeleted || row.maxInFlight === MAX_IN_FLIGHT_DEFAULT) caps.delete(row.id);
    else caps.set(row.id, row.maxInFlight);
    if (row.isPaused && row.status === 'enabled' && !isDeleted) paused.add(row.id);
    else paused.delete(row.id);
    if (endpoints.size === 0) workspaces.delete(row.workspaceId);
  }

  return {
    async refresh(db: ClientBase | Pool): Promise<void> {
      apply((await db.query<Row>({ ...CHANGED_SINCE, values: [String(counter)] })).rows);
    },
    inWorkspace: (workspaceId: string): Endpoint[] => [...(workspaces.get(workspaceId)?.values() ?? [])],
    maxInFlight: (endpointId: string): number => caps.get(endpointId) ?? MAX_IN_FLIGHT_DEFAULT,
    isPaused: (endpointId: string): boolean => paused.has(endpointId),
    /** Every endpoint that is left alone because it does not answer. */
    paused: (): string[] => [...paused],
    find: (workspaceId: string, id: string): Endpoint | undefined => workspaces.get(workspaceId)?.get(id),
  };
}
export type EndpointDirectory = ReturnType<typeof createEndpointDirectory>;

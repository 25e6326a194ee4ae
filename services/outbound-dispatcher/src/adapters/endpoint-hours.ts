import { toUtc } from '@waggle/contracts';
import { query } from '@waggle/database';
import type { Component, Logger } from '@waggle/runtime';
import type { Pool } from 'pg';
import { bucketOf, emptyHistogram, percentileOf } from '../domain/duration-histogram.ts';
import { columnsOf } from './columns-of.ts';
import type { DeliveryResult } from './delivery-results.ts';

interface EndpointStats {
  delivered_24h: number;
  failed_24h: number;
  /** Of the attempts; null without any. */
  p95_ms: number | null;
  hours: { hour: string; delivered: number; failed: number }[];
}

interface Counted {
  workspaceId: string;
  endpointId: string;
  delivered: number;
  failed: number;
  durations: number[];
}

const FLUSH_INTERVAL_MS = 1_000;
const KEPT_DAYS = 30;

const ADD = {
  name: 'endpoint_hours_add',
  text: `INSERT INTO endpoint_hours AS h (workspace_id, endpoint_id, hour, delivered, failed, durations)
    SELECT workspace_id, endpoint_id, date_trunc('hour', now()), delivered, failed, string_to_array(durations, ',')::int[]
    FROM unnest($1::text[], $2::text[], $3::int[], $4::int[], $5::text[]) AS c (workspace_id, endpoint_id, delivered, failed, durations)
    ORDER BY workspace_id, endpoint_id
    ON CONFLICT (workspace_id, endpoint_id, hour) DO UPDATE SET delivered = h.delivered + excluded.delivered, failed = h.failed + excluded.failed,
      durations = ARRAY(SELECT coalesce(one, 0) + coalesce(other, 0) FROM unnest(h.durations, excluded.durations) WITH ORDINALITY AS sums (one, other, place) ORDER BY place)`,
};

// This hour and the 23 before it.
const READ = {
  name: 'endpoint_hours_read',
  text: `SELECT endpoint_id AS "endpointId", hour, delivered, failed, durations FROM endpoint_hours
    WHERE workspace_id = $1 AND endpoint_id = ANY ($2::text[]) AND hour > now() - interval '24 h' ORDER BY hour`,
};
const REMOVE_EXPIRED = {
  name: 'endpoint_hours_remove_expired',
  text: `DELETE FROM endpoint_hours WHERE (workspace_id, endpoint_id, hour) IN (
    SELECT workspace_id, endpoint_id, hour FROM endpoint_hours WHERE hour < now() - interval '${KEPT_DAYS} days' LIMIT $1) RETURNING 1 AS removed`,
};

const emptyCount = (workspaceId: string, endpointId: string): Counted => ({ workspaceId, endpointId, delivered: 0, failed: 0, durations: emptyHistogram() });

function addTo(count: Counted, { delivered, failed, durations }: Omit<Counted, 'workspaceId' | 'endpointId'>) {
  count.delivered += delivered;
  count.failed += failed;
  durations.forEach((more, index) => { count.durations[index] = (count.durations[index] ?? 0) + more; });
}

export interface EndpointHours extends Component {
  add(results: readonly DeliveryResult[]): void;
  statsOf(workspaceId: string, endpointIds: readonly string[]): Promise<(endpointId: string) => EndpointStats>;
  /** At most `countMax` at once; tells how many there were. */
  removeExpired(countMax: number): Promise<number>;
}

/** Statistics by the hour, gathered in memory and written each second: a process that dies takes a second of them with it. */
export function createEndpointHours(pool: Pool, logger: Logger, attemptTimeoutMs: number): EndpointHours {
  let counts = new Map<string, Counted>();
  let timer: NodeJS.Timeout;
  let flushing = Promise.resolve();

  const countOf = ({ workspaceId, endpointId }: Pick<Counted, 'workspaceId' | 'endpointId'>) => {
    const count = counts.get(endpointId) ?? emptyCount(workspaceId, endpointId);
    counts.set(endpointId, count);
    return count;
  };

  async function flush(): Promise<void> {
    const gathered = [...counts.values()];
    if (gathered.length === 0) return;
    counts = new Map();
    try {
      await query(pool, ADD, columnsOf(gathered, (c) => [c.workspaceId, c.endpointId, c.delivered, c.failed, c.durations.join(',')]));
    } catch (error) {
      for (const count of gathered) addTo(countOf(count), count);
      logger.warn({ err: error }, 'statistics not written, trying again');
    }
  }
  const flushInTurn = () => (flushing = flushing.then(flush));

  return {
    name: 'endpoint hours',
    async start() {
      timer = setInterval(() => void flushInTurn(), FLUSH_INTERVAL_MS);
    },
    async stop() {
      clearInterval(timer);
      await flushInTurn();
    },
    health: () => null,
    add(results) {
      for (const { delivery, status, attempt } of results) {
        if (attempt === null || delivery.isTest) continue;
        const count = countOf(delivery);
        count.durations[bucketOf(attempt.duration_ms)]!++;
        if (status === 'succeeded') count.delivered++;
        if (status === 'failed') count.failed++;
      }
    },
    async statsOf(workspaceId, endpointIds) {
      const rows = await query<Omit<Counted, 'workspaceId'> & { hour: Date }>(pool, READ, [workspaceId, endpointIds]);
      const hours = Map.groupBy(rows, (row) => row.endpointId);
      const sums = new Map<string, Counted>();
      for (const row of rows) {
        const sum = sums.get(row.endpointId) ?? emptyCount(workspaceId, row.endpointId);
        sums.set(row.endpointId, sum);
        addTo(sum, row);
      }
      return (endpointId) => {
        const { delivered, failed, durations } = sums.get(endpointId) ?? emptyCount(workspaceId, endpointId);
        const shown = (hours.get(endpointId) ?? []).map((row) => ({ hour: toUtc(row.hour), delivered: row.delivered, failed: row.failed }));
        return { delivered_24h: delivered, failed_24h: failed, p95_ms: percentileOf(durations, 0.95, attemptTimeoutMs), hours: shown };
      };
    },
    removeExpired: async (countMax) => (await query(pool, REMOVE_EXPIRED, [countMax])).length,
  };
}

import type { Component } from '@waggle/runtime';
import pg from 'pg';
import { shareTransactions, type SharedTransaction } from './shared-transaction.ts';

export interface DatabaseSettings {
  url: string;
  connectionsMax: number;
  /** So long a statement may take, and the client waits for its answer: a server that is frozen says nothing, so the client has to give up too. */
  timeoutMs: number;
  /** Shown in pg_stat_activity. */
  name: string;
  /** Each statement is planned once for all values, also where PostgreSQL would rather plan it for these: over many partitions that takes longer than running it. */
  isPlannedOnce?: boolean;
}

export interface Database extends Component, SharedTransaction {
  pool: pg.Pool;
}

const CONNECT_TIMEOUT_MS = 2_000;
/** The server gives up sooner than the client, and says why. */
const SOONER_MS = 100;
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 5_000;

/**
 * Every statement of a service walks its index, and none may lose it to statistics: a plan that reads a whole table, or gathers and sorts, is
 * the best one while the table is new, or was empty at its last vacuum, and stays in use while the table grows. Measured: the outbox read
 * twelve times over for each batch, 15 ms of PostgreSQL's time per request instead of 2.
 */
export const PLANS_BY_INDEX = '-c enable_seqscan=off -c enable_bitmapscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off';

export const PLANNED_ONCE = '-c plan_cache_mode=force_generic_plan';

/** A pool of pipelined connections: statements sent without waiting travel together. */
export function openDatabase({ url, connectionsMax, timeoutMs, name, isPlannedOnce = false }: DatabaseSettings): Database {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: name,
    options: isPlannedOnce ? `${PLANS_BY_INDEX} ${PLANNED_ONCE}` : PLANS_BY_INDEX,
    max: connectionsMax,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: timeoutMs - SOONER_MS,
    query_timeout: timeoutMs,
    // A process that is stopped inside a transaction must not hold its row locks for good.
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    pipeline: true,
  });
  let lastError: string | null = null;
  const remember = (error: Error) => { lastError = error.message; };
  // Without a listener a connection that breaks would end the process: the pool speaks for idle ones, a borrowed one for itself.
  pool.on('error', remember);
  pool.on('connect', (client) => client.on('error', remember));
  pool.on('acquire', () => { lastError = null; });
  return {
    name: 'database',
    pool,
    ...shareTransactions(pool),
    start: async () => void (await pool.query('SELECT 1')),
    stop: () => pool.end(),
    health: () => lastError,
  };
}

import type { ClientBase, Pool, PoolClient, QueryConfig } from 'pg';
import { classifyFailure, DatabaseUnavailable } from './failure.ts';

/** Read and lock, decide, write: the three steps of every change. */
export interface Steps<Loaded, Decision, Saved> {
  /** Sends all its queries at once; locks come first, since each statement sees what was committed when it began. */
  load(tx: ClientBase): Promise<Loaded>;
  /** Pure. A throw rolls back. */
  decide(loaded: Loaded): Decision;
  /** Sends all its statements before its first await: COMMIT travels right behind them. */
  save(tx: ClientBase, decision: Decision): Promise<Saved>;
}

// The statements of a batch are prepared ones without optional parts: planning them anew for each batch takes as long as running them.
export const BEGIN_PLANNED = 'BEGIN; SET LOCAL plan_cache_mode TO force_generic_plan';

export interface TransactOptions {
  /** Of each statement, instead of the pool's own: for what has much to do at once. */
  timeoutMs?: number;
}

/**
 * One transaction in two round trips: BEGIN with the loads, COMMIT with the writes. When a write fails the server makes the COMMIT
 * behind it a ROLLBACK, and this rejects. A lost answer to COMMIT rejects too, so what is decided must be safe to decide again.
 */
export async function transact<Loaded, Decision, Saved>(pool: Pool, steps: Steps<Loaded, Decision, Saved>, { timeoutMs }: TransactOptions = {}): Promise<Saved> {
  const client = await pool.connect().catch((error: unknown) => { throw classifyFailure(error); });
  const { tx, firstFailure } = watchFailures(client, timeoutMs);
  let isWhole = false;
  const blame = (error: unknown) => { throw classifyFailure(firstFailure() ?? error); };
  try {
    const begin = timeoutMs === undefined ? BEGIN_PLANNED : `${BEGIN_PLANNED}; SET LOCAL statement_timeout TO ${timeoutMs}`;
    const [, loaded] = await Promise.all([tx.query(begin), steps.load(tx)]).catch(blame);
    const decision = await decideOrRollBack(tx, () => steps.decide(loaded));
    const saved = await saveAndCommit(tx, steps.save(tx, decision)).catch(blame);
    isWhole = true;
    return saved;
  } finally {
    // A connection whose transaction did not end as planned is closed, which rolls back what is open.
    client.release(!isWhole);
  }
}

/** Whoever tries again at once, with less, must not find the locks of what was too much: a connection that is closed lets go of them later. */
async function decideOrRollBack<Decision>(tx: ClientBase, decide: () => Decision): Promise<Decision> {
  try {
    return decide();
  } catch (error) {
    await tx.query('ROLLBACK').catch(() => {});
    throw error;
  }
}

async function saveAndCommit<Saved>(tx: ClientBase, saving: Promise<Saved>): Promise<Saved> {
  const [saved, ended] = await Promise.allSettled([saving, tx.query('COMMIT')]);
  if (saved.status === 'rejected') throw saved.reason;
  if (ended.status === 'rejected') throw ended.reason;
  if (ended.value.command !== 'COMMIT') throw new DatabaseUnavailable('The transaction was rolled back');
  return saved.value;
}

/**
 * Statements behind one that failed fail too, with "transaction is aborted", and whose rejection is seen first depends on how deep each is
 * nested. What failed first is what is to blame: it says whether a value or the database was the cause.
 */
function watchFailures(client: PoolClient, timeoutMs: number | undefined): { tx: ClientBase; firstFailure(): unknown } {
  let first: unknown;
  const watchedQuery: unknown = (...statement: Parameters<PoolClient['query']>) => {
    const asked = timeoutMs === undefined ? client.query(...statement) : client.query(withTimeout(statement[0], timeoutMs), statement[1]);
    Promise.resolve(asked).catch((error: unknown) => { first ??= error; });
    return asked;
  };
  return { tx: Object.create(client, { query: { value: watchedQuery } }), firstFailure: () => first };
}

/** The client's time-out counts from when a statement is sent, behind others that are on their way with it. */
function withTimeout(statement: string | QueryConfig, timeoutMs: number): QueryConfig {
  const config = typeof statement === 'string' ? { text: statement } : statement;
  return Object.assign({ query_timeout: timeoutMs }, config);
}

async function fromDatabase<Result>(work: Promise<Result>): Promise<Result> {
  return work.catch((error: unknown) => { throw classifyFailure(error); });
}

/** A single statement that is its own transaction. */
export async function query<Row extends object>(pool: Pool, statement: { name: string; text: string }, values: readonly unknown[] = []): Promise<Row[]> {
  const { rows } = await fromDatabase(pool.query<Row>({ ...statement, values: [...values] }));
  return rows;
}

import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout } from 'node:timers/promises';
import type { Client, ClientBase, Pool, PoolClient, QueryConfig } from 'pg';
import { classifyFailure, DatabaseUnavailable } from './failure.ts';
import { BEGIN_PLANNED } from './transact.ts';

export interface SharedTransaction {
  /**
   * One transaction around all that `work` does with this pool, be it statements, `transact` or Prisma: it commits when `work` resolves and
   * is rolled back, before this rejects, when it rejects. `tx` is for the caller's own statements, before or after the others.
   */
  inOneTransaction<Result>(work: (tx: ClientBase) => Promise<Result>): Promise<Result>;
  /** Inside such a transaction: once it has committed, and never if it has not. Elsewhere: at once. */
  afterCommit(callback: () => void): void;
}

/** A server that is frozen never closes, and the caller is waiting for an answer. */
const CLOSING_MAX_MS = 300;

interface Ambient {
  tx: ClientBase;
  /** One borrower at a time: savepoints of two would release each other. */
  lastReturned: Promise<void>;
  callbacks: (() => void)[];
  isOpen: boolean;
}

// What a borrower takes for its own transaction is a part of the shared one.
const INNER = new Map([['BEGIN', 'SAVEPOINT part'], [BEGIN_PLANNED, 'SAVEPOINT part'], ['COMMIT', 'RELEASE SAVEPOINT part'], ['ROLLBACK', 'ROLLBACK TO SAVEPOINT part']]);

/** The pool's own `query` still asks this way. */
type Callback = (error: unknown, client?: PoolClient, release?: PoolClient['release']) => void;

async function tell(borrowed: Promise<PoolClient>, callback: Callback): Promise<void> {
  const client = await borrowed;
  callback(undefined, client, client.release);
}

/**
 * Makes the pool hand out the connection of the shared transaction to whoever works inside one. It changes `pool.connect`, which all of the
 * pool's callers go through.
 */
export function shareTransactions(pool: Pool): SharedTransaction {
  const storage = new AsyncLocalStorage<Ambient>();
  const connect: Pool['connect'] = pool.connect.bind(pool);

  const borrowOrConnect: unknown = (callback?: Callback) => {
    const ambient = storage.getStore();
    if (ambient?.isOpen !== true) return callback === undefined ? connect() : connect(callback as Parameters<typeof connect>[0]);
    const borrowed = borrow(ambient);
    return callback === undefined ? borrowed : tell(borrowed, callback);
  };
  Object.assign(pool, { connect: borrowOrConnect });

  return {
    async inOneTransaction(work) {
      const client = await connect().catch((error: unknown) => { throw classifyFailure(error); });
      const ambient: Ambient = { tx: client, lastReturned: Promise.resolve(), callbacks: [], isOpen: true };
      let isEnded = false;
      try {
        await client.query('BEGIN').catch((error: unknown) => { throw classifyFailure(error); });
        const result = await storage.run(ambient, () => work(client));
        await ambient.lastReturned;
        ambient.isOpen = false;
        await commit(client);
        isEnded = true;
        for (const callback of ambient.callbacks) storage.exit(callback);
        return result;
      } finally {
        ambient.isOpen = false;
        if (isEnded) client.release();
        else await closeWithRollback(client);
      }
    },
    afterCommit(callback) {
      const ambient = storage.getStore();
      if (ambient?.isOpen === true) ambient.callbacks.push(callback);
      else callback();
    },
  };
}

/**
 * A connection that is being closed takes no further statement, so nothing can follow the rollback. Whoever tries again at once must not
 * find locks of this transaction: the server closes its side once it has let go of them.
 */
async function closeWithRollback(client: PoolClient): Promise<void> {
  const closed = (client as PoolClient & Client).end();
  await Promise.race([closed, setTimeout(CLOSING_MAX_MS, undefined, { ref: false })]);
  client.release(true);
}

async function commit(client: ClientBase): Promise<void> {
  const ended = await client.query('COMMIT').catch((error: unknown) => { throw classifyFailure(error); });
  if (ended.command !== 'COMMIT') throw new DatabaseUnavailable('The transaction was rolled back');
}

/** The shared connection, looking like one of the borrower's own: a failure inside undoes what this borrower did and no more. */
async function borrow(ambient: Ambient): Promise<PoolClient> {
  const before = ambient.lastReturned;
  const { promise: returned, resolve: giveBack } = Promise.withResolvers<void>();
  ambient.lastReturned = before.then(() => returned);
  await before;
  const { tx } = ambient;
  const send = (text: string) => tx.query(text).then(() => {}, () => {});
  void send('SAVEPOINT borrowed');
  const query: unknown = (statement: string | QueryConfig, ...rest: unknown[]) => {
    const inner = INNER.get(typeof statement === 'string' ? statement : statement.text);
    if (inner === undefined) return Reflect.apply(tx.query, tx, [statement, ...rest]);
    return tx.query(inner).then((result) => ({ ...result, command: typeof statement === 'string' ? statement : statement.text }));
  };
  const release = (failure?: Error | boolean | null) => {
    void send(failure ? 'ROLLBACK TO SAVEPOINT borrowed' : 'RELEASE SAVEPOINT borrowed').then(giveBack);
  };
  const client: PoolClient = Object.create(tx, { query: { value: query }, release: { value: release } });
  return client;
}

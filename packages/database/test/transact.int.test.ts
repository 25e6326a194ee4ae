import { useStack } from '@waggle/testkit';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { ClientBase } from 'pg';
import pg from 'pg';
import { openDatabase } from '../src/database.ts';
import { DatabaseUnavailable } from '../src/failure.ts';
import { transact } from '../src/transact.ts';

const stack = useStack();
const database = openDatabase({ url: stack.databaseUrl('behavior-core'), connectionsMax: 2, timeoutMs: 15_000, name: 'transact' });
const nothing = { load: async () => {}, decide: () => {}, save: async () => {} };
const count = async () => Number((await stack.db('behavior-core').query('SELECT count(*) FROM numbers')).rows[0].count);
const insert = (tx: ClientBase, number: number) => tx.query('INSERT INTO numbers VALUES ($1)', [number]);

beforeAll(async () => {
  await stack.run([database]);
  await stack.db('behavior-core').query('CREATE TABLE numbers (number int PRIMARY KEY)');
});

test('what is loaded is decided on, and what is saved is committed', async () => {
  const saved = await transact(database.pool, {
    load: async (tx) => Number((await tx.query('SELECT 20 AS number')).rows[0].number),
    decide: (loaded) => loaded + 1,
    save: async (tx, decided) => {
      await insert(tx, decided);
      return decided;
    },
  });
  expect(saved).toBe(21);
  expect(await count()).toBe(1);
});

test('what has much to do may take longer than the pool allows, with all that is sent behind it', async () => {
  const hasty = openDatabase({ url: stack.databaseUrl('behavior-core'), connectionsMax: 1, timeoutMs: 500, name: 'hasty' });
  const stop = await stack.run([hasty]);
  const slow = {
    load: (tx: ClientBase) => tx.query({ text: 'SELECT pg_sleep(0.6)' }),
    decide: () => {},
    save: (tx: ClientBase) => Promise.all([tx.query('SELECT pg_sleep(0.6)'), insert(tx, 22)]),
  };
  await expect(transact(hasty.pool, slow)).rejects.toThrow(DatabaseUnavailable);
  await transact(hasty.pool, slow, { timeoutMs: 10_000 });
  expect((await stack.db('behavior-core').query('DELETE FROM numbers WHERE number = 22')).rowCount).toBe(1);
  // And no longer than that afterwards.
  await expect(hasty.pool.query('SELECT pg_sleep(0.6)')).rejects.toThrow();
  await stop();
});

describe('nothing is committed', () => {
  test('when deciding throws, and its error comes out as it is', async () => {
    const steps = { ...nothing, load: (tx: ClientBase) => insert(tx, 30), decide: () => { throw new TypeError('undecided'); } };
    await expect(transact(database.pool, steps)).rejects.toThrow(TypeError);
    expect(await count()).toBe(1);
  });

  test("when a value is to blame: the error is PostgreSQL's own, whichever statement's failure is seen first", async () => {
    const save = (tx: ClientBase) => {
      // The second fails only because the first did, and its rejection takes a shorter way.
      const first = tx.query("SELECT 'no date'::date").then((result) => result).then((result) => result);
      return Promise.all([first, tx.query('SELECT 1')]);
    };
    await expect(transact(database.pool, { ...nothing, save })).rejects.toMatchObject({ code: '22007' });
    await expect(transact(database.pool, { ...nothing, save })).rejects.toThrow(pg.DatabaseError);
    expect(await count()).toBe(1);
  });

  test('when loading or saving has a fault of its own: its error comes out as it is, and nobody waits for the database', async () => {
    const faulty = (step: 'load' | 'save', fault: () => unknown) => transact(database.pool, { ...nothing, [step]: async (tx: ClientBase) => { await tx.query('SELECT 1'); fault(); } });
    await expect(faulty('load', () => new Date(Number.NaN).toISOString())).rejects.toThrow(RangeError);
    await expect(faulty('save', () => { throw Object.assign(new Error('not of that shape'), { name: 'ZodError' }); })).rejects.toThrow('not of that shape');
    await expect(faulty('save', () => JSON.parse('{'))).rejects.toThrow(SyntaxError);
    // What follows from a statement that failed is the statement's.
    const save = async (tx: ClientBase) => {
      const rows = await tx.query('SELECT pg_terminate_backend(pg_backend_pid())').then(() => [{}], () => []);
      String(rows[0]!.constructor);
    };
    await expect(transact(database.pool, { ...nothing, save })).rejects.toThrow(DatabaseUnavailable);
  });

  test('when the connection is lost: the database is to blame', async () => {
    const save = async (tx: ClientBase) => {
      await Promise.all([insert(tx, 33), tx.query('SELECT pg_terminate_backend(pg_backend_pid())')]);
    };
    await expect(transact(database.pool, { ...nothing, save })).rejects.toThrow(DatabaseUnavailable);
    expect(await count()).toBe(1);
  });
});

test('who could not decide has let go of its locks once it says so, whatever was still running', async () => {
  const load = async (tx: ClientBase) => {
    await tx.query('SELECT pg_advisory_xact_lock(1)');
    void tx.query('SELECT pg_sleep(0.1)');
  };
  await expect(transact(database.pool, { ...nothing, load, decide: () => { throw new Error('too much'); } })).rejects.toThrow('too much');
  expect((await database.pool.query('SELECT pg_try_advisory_xact_lock(1) AS is_free')).rows).toEqual([{ is_free: true }]);
});

test('a connection that failed is not used again, and the pool goes on', async () => {
  for (let round = 0; round < 5; round++) {
    await expect(transact(database.pool, { ...nothing, save: (tx) => tx.query('SELECT 1 / 0') })).rejects.toMatchObject({ code: '22012' });
  }
  await expect(transact(database.pool, { ...nothing, load: (tx) => tx.query('SELECT 1') })).resolves.toBeUndefined();
});

import { setImmediate } from 'node:timers/promises';
import { createSealedBox, encryptionKeys } from '@waggle/runtime';
import { eventually, useStack } from '@waggle/testkit';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { openDatabase } from '../src/database.ts';
import { createIdempotentRequests } from '../src/idempotent-requests.ts';
import { query, transact } from '../src/transact.ts';

const stack = useStack();
const database = openDatabase({ url: stack.databaseUrl('behavior-core'), connectionsMax: 4, timeoutMs: 15_000, name: 'idempotency' });
const { pool } = database;
const requests = createIdempotentRequests(database, createSealedBox(encryptionKeys.parse(`k1:${Buffer.alloc(32, 7).toString('base64')}`)));
const numbers = async () => (await stack.db('behavior-core').query('SELECT number FROM numbers ORDER BY number')).rows.map(({ number }) => number);
const insert = (number: number) => query(pool, { name: 'number_insert', text: 'INSERT INTO numbers VALUES ($1)' }, [number]);
const insertAfterDeciding = (number: number) =>
  transact(pool, {
    load: async (tx) => void (await tx.query('SELECT count(*) FROM numbers')),
    decide: () => number,
    save: async (tx, decided) => void (await tx.query('INSERT INTO numbers VALUES ($1)', [decided])),
  });

let ids = 0;
const aRequest = (given: { id?: string; digest?: string; users?: ReadonlySet<string> } = {}) => ({ workspaceId: 'ws_1', users: new Set<string>(), id: `request_${ids++}`, digest: 'a', ...given });

beforeAll(async () => {
  await stack.run([database]);
  await stack.db('behavior-core').query('CREATE TABLE numbers (number int PRIMARY KEY)');
});

test('a request has one effect, and its answer word for word ever after', async () => {
  const request = aRequest();
  const work = async () => {
    await insert(1);
    await insertAfterDeciding(2);
    return { secret: 'whsec_1' };
  };
  expect(await requests.runOnce(request, work)).toEqual({ kind: 'executed', answer: { secret: 'whsec_1' } });
  expect(await requests.runOnce(request, work)).toEqual({ kind: 'replayed', answer: { secret: 'whsec_1' } });
  expect(await numbers()).toEqual([1, 2]);
  const { rows } = await stack.db('behavior-core').query('SELECT * FROM idempotent_requests WHERE id = $1', [request.id]);
  expect(JSON.stringify(rows)).not.toContain('whsec_1');
});

test('under the same id another request is not made', async () => {
  const request = aRequest();
  await requests.runOnce(request, async () => 'first');
  expect(await requests.runOnce({ ...request, digest: 'b' }, () => insert(10))).toEqual({ kind: 'reused' });
  expect(await numbers()).not.toContain(10);
});

test('while the first is in progress a second is told so, and not made to wait', async () => {
  const request = aRequest();
  const [begun, permitted] = [Promise.withResolvers<void>(), Promise.withResolvers<string>()];
  const first = requests.runOnce(request, async () => {
    begun.resolve();
    return permitted.promise;
  });
  await begun.promise;
  expect(await requests.runOnce(request, () => insert(20))).toEqual({ kind: 'in_progress' });
  permitted.resolve('done');
  expect(await first).toMatchObject({ kind: 'executed' });
  expect(await numbers()).not.toContain(20);
});

test('work that fails leaves nothing behind, what it committed by itself included, and may be done again', async () => {
  const request = aRequest();
  const failing = async () => {
    await insertAfterDeciding(30);
    throw new Error('no answer');
  };
  await expect(requests.runOnce(request, failing)).rejects.toThrow('no answer');
  expect(await numbers()).not.toContain(30);
  expect(await requests.runOnce(request, () => insert(30))).toMatchObject({ kind: 'executed' });
  expect(await numbers()).toContain(30);
});

test('once its failure is told, nothing of the request is left in the database, a statement that was still running included', async () => {
  const request = aRequest();
  const failing = async () => {
    void query(pool, { name: 'sleep', text: 'SELECT pg_sleep(0.05)' }).catch(() => {});
    await setImmediate();
    throw new Error('no answer');
  };
  await expect(requests.runOnce(request, failing)).rejects.toThrow('no answer');
  expect(await requests.runOnce(request, async () => 'done')).toEqual({ kind: 'executed', answer: 'done' });
});

test('what outlives the request that it was a part of changes nothing any more', async () => {
  let late: Promise<unknown> | undefined;
  const failing = async () => {
    const client = await pool.connect();
    void client.query('SELECT pg_sleep(0.05)').catch(() => {});
    late = setImmediate().then(() => client.query('INSERT INTO numbers VALUES (35)')).catch(() => 'refused').finally(() => client.release());
    throw new Error('no answer');
  };
  await expect(requests.runOnce(aRequest(), failing)).rejects.toThrow('no answer');
  expect(await late).toBe('refused');
  expect(await numbers()).not.toContain(35);
});

test('a process that dies between effect and answer leaves nothing behind', async () => {
  const request = aRequest();
  const dying = requests.runOnce(request, async () => {
    await insert(40);
    await stack.db('behavior-core').query("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'idempotency' AND state <> 'idle'");
    return 'never known';
  });
  await expect(dying).rejects.toThrow();
  expect(await numbers()).not.toContain(40);
  expect(await requests.runOnce(request, () => insert(40))).toMatchObject({ kind: 'executed' });
});

describe('inside a request', () => {
  test('a statement that fails undoes itself alone', async () => {
    const answer = await requests.runOnce(aRequest(), async () => {
      await insert(50);
      const failures = [await insert(50).catch(() => 'refused'), await insertAfterDeciding(50).catch(() => 'refused')];
      await insert(51);
      return failures;
    });
    expect(answer).toEqual({ kind: 'executed', answer: ['refused', 'refused'] });
    expect(await numbers()).toEqual(expect.arrayContaining([50, 51]));
  });

  test('parallel statements and transactions do not disturb each other', async () => {
    const many = Array.from({ length: 20 }, (_, index) => 60 + index);
    await requests.runOnce(aRequest(), () => Promise.all(many.map((number) => (number % 2 === 0 ? insert(number) : insertAfterDeciding(number)))));
    expect(await numbers()).toEqual(expect.arrayContaining(many));
  });

  test('what waits for the commit is told after it, and never when there is none', async () => {
    const told: string[] = [];
    await requests.runOnce(aRequest(), async () => {
      await insert(90);
      database.afterCommit(() => void numbers().then((seen) => told.push(seen.includes(90) ? 'committed' : 'too early')));
      return 'done';
    });
    await requests.runOnce(aRequest(), async () => {
      database.afterCommit(() => told.push('never'));
      throw new Error('no answer');
    }).catch(() => {});
    database.afterCommit(() => told.push('at once'));
    await eventually(() => expect(told).toHaveLength(2));
    expect(told.toSorted()).toEqual(['at once', 'committed']);
  });

  test('others see nothing of it before its end', async () => {
    const seen: number[][] = [];
    await requests.runOnce(aRequest(), async () => {
      await insert(95);
      seen.push(await numbers());
      return 'done';
    });
    expect(seen[0]).not.toContain(95);
    expect(await numbers()).toContain(95);
  });
});

test('after 24 hours an id is free again, and the cleaner removes it', async () => {
  const db = stack.db('behavior-core');
  const [kept, expired] = [aRequest(), aRequest({ users: new Set(['usr_before']) })];
  for (const request of [kept, expired]) await requests.runOnce(request, async () => 'first');
  await db.query("UPDATE idempotent_requests SET created_at = now() - interval '24 hours 1 second' WHERE id = $1", [expired.id]);
  expect(await requests.runOnce({ ...expired, digest: 'b', users: new Set(['usr_now']) }, async () => 'second')).toEqual({ kind: 'executed', answer: 'second' });
  const { rows } = await db.query('SELECT digest, user_id FROM idempotent_requests WHERE id = $1', [expired.id]);
  expect(rows).toEqual([{ digest: 'b', user_id: 'usr_now' }]);
  await db.query("UPDATE idempotent_requests SET created_at = now() - interval '24 hours 1 second' WHERE id = $1", [expired.id]);
  expect(await requests.removeExpired(10)).toBe(1);
  expect(await requests.runOnce(kept, async () => 'second')).toEqual({ kind: 'replayed', answer: 'first' });
});

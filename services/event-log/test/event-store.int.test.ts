import { Registry } from 'prom-client';
import fc from 'fast-check';
import { openDatabase, PLANNED_ONCE, PLANS_BY_INDEX } from '@waggle/database';
import { eventually, useStack } from '@waggle/testkit';
import { beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { createEventStore } from '../src/adapters/event-store.ts';
import { TAKE_TURNS } from '../src/adapters/event-writer.ts';
import { attachPartition, createPartition, LIST_PARTITIONS } from '../src/adapters/partition-statements.ts';
import { EXAMINED_MAX, pageStatement, type WalkedBy } from '../src/adapters/page-statement.ts';
import { toLogEntry } from '../src/domain/log-entry.ts';
import { partitionFor, type Partition } from '../src/domain/partition.ts';
import { firstPositionAt } from '../src/domain/position.ts';
import { cutPage, startOf } from '../src/domain/page-cut.ts';
import { toSelection, type Selection } from '../src/domain/selection.ts';
import { anEvent } from './an-event.ts';

const stack = useStack();
let pool: pg.Pool;
let store: ReturnType<typeof createEventStore>;
beforeAll(async () => {
  [pool, store] = await openStore(4);
});

async function openStore(connectionsMax: number) {
  const database = openDatabase({ url: stack.databaseUrl('event-log'), connectionsMax, timeoutMs: 15_000, name: 'test' });
  await stack.run([database]);
  return [database.pool, createEventStore({ pool: database.pool, metrics: new Registry() })] as const;
}

const anEntry = (fields: Parameters<typeof anEvent>[0] = {}) => {
  const event = anEvent(fields);
  return toLogEntry(event, event);
};
const allOf = (workspaceId: string, filters: Partial<Parameters<typeof toSelection>[0]> = {}): Selection =>
  toSelection({ order: 'asc', ...filters }, { workspaceId, userId: filters.user_id, isSystemKey: true });
const idOf = ({ body }: { body: string }): string => JSON.parse(body).id;

async function follow(selection: Selection, { after, limit }: { after: number; limit: number }) {
  const { shown, next, hasMore } = cutPage(await store.readPage(selection, { after, limit }), { after, limit });
  return { ids: shown.map(idOf), next, hasMore };
}

async function readAll(selection: Selection, nextLimit: () => number): Promise<string[]> {
  const ids: string[] = [];
  let [after, isAtEnd] = [startOf(selection.order), false];
  while (!isAtEnd) {
    const page = await follow(selection, { after, limit: nextLimit() });
    ids.push(...page.ids);
    [after, isAtEnd] = [page.next, !page.hasMore];
  }
  return ids;
}

test('a reader that follows cursors while many write misses nothing and sees nothing twice', async () => {
  const writers = await Promise.all(Array.from({ length: 6 }, async () => (await openStore(1))[1]));
  const written: string[] = [];
  const seen: string[] = [];
  let isWriting = true;
  const writing = Promise.all(
    writers.map(async ({ record }, writer) => {
      for (let batch = 0; batch < 60; batch++) {
        const entries = Array.from({ length: 1 + ((batch * 37 + writer * 11) % 120) }, () => anEntry({ workspace_id: 'ws_loss' }));
        await record(entries);
        written.push(...entries.map(({ eventId }) => eventId));
      }
    }),
  ).finally(() => { isWriting = false; });

  for (let [after, isAtEnd] = [0, false]; !isAtEnd; ) {
    const wasWriting = isWriting;
    const page = await follow(allOf('ws_loss'), { after, limit: 200 });
    seen.push(...page.ids);
    [after, isAtEnd] = [page.next, !wasWriting && !page.hasMore];
  }
  await writing;
  expect(written.length).toBeGreaterThan(10_000);
  const found = new Set(seen);
  expect(written.filter((id) => !found.has(id)).length).toBe(0);
  expect(seen).toHaveLength(written.length);
}, 120_000);

// What the turns are for, step by step: the test above has to find it by chance.
test('an event that is committed late is lost to a reader where writers do not take turns, and is not where they do', async () => {
  const [late, prompt, waiting] = [anEntry({ workspace_id: 'ws_late' }), anEntry({ workspace_id: 'ws_late' }), anEntry({ workspace_id: 'ws_late' })];
  const insert = `INSERT INTO events (workspace_id, event_id, event, user_id, entity_id, occurred_at, recorded_at, body) VALUES ('ws_late', $1, 'activity.completed', 'usr_1', 'act_1', now(), now(), $2)`;
  const holder = await pool.connect();
  await holder.query('BEGIN');
  await holder.query(insert, [late.eventId, late.body]);
  await pool.query(insert, [prompt.eventId, prompt.body]);
  const first = await follow(allOf('ws_late'), { after: 0, limit: 50 });
  await holder.query('COMMIT');
  expect(first.ids).toEqual([prompt.eventId]);
  expect((await follow(allOf('ws_late'), { after: first.next, limit: 50 })).ids).toEqual([]);

  await holder.query('BEGIN');
  await holder.query(TAKE_TURNS.text);
  const inTurn = anEntry({ workspace_id: 'ws_late' });
  await holder.query(insert, [inTurn.eventId, inTurn.body]);
  const writing = store.record([waiting]);
  const isWaiting = `SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
  await eventually(async () => expect((await stack.db('event-log').query(isWaiting)).rowCount).toBe(1));
  expect((await follow(allOf('ws_late'), { after: first.next, limit: 50 })).ids).toEqual([]);
  await holder.query('COMMIT');
  holder.release();
  await writing;
  expect((await follow(allOf('ws_late'), { after: first.next, limit: 50 })).ids).toEqual([inTurn.eventId, waiting.eventId]);
});

test('pages of any sizes, either way round, give the whole list once and in order', async () => {
  const users = ['usr_a', 'usr_b', 'usr_c'];
  const sent = Array.from({ length: 300 }, (_, index) => ({ user_id: users[(index * 7) % 3]!, activity: `act_${index % 5}`, workspace_id: 'ws_pages' })).map(anEntry);
  await store.record(sent);
  const filters = fc.record({ user_id: fc.constantFrom(undefined, ...users), entity_id: fc.constantFrom(undefined, 'act_1', 'act_4') });
  await fc.assert(
    fc.asyncProperty(filters, fc.boolean(), fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 9 }), async (chosen, isDescending, sizes) => {
      const expected = sent
        .filter(({ userId, entityId }) => userId === (chosen.user_id ?? userId) && entityId === (chosen.entity_id ?? entityId))
        .map(({ eventId }) => eventId);
      let turn = 0;
      const ids = await readAll(allOf('ws_pages', { ...chosen, order: isDescending ? 'desc' : 'asc' }), () => sizes[turn++ % sizes.length]!);
      expect(ids).toEqual(isDescending ? expected.toReversed() : expected);
    }),
    { numRuns: 60 },
  );
});

test('a batch is recorded in its order, and what repeats in it or came before is recorded once', async () => {
  const [first, second, third] = [anEntry({ workspace_id: 'ws_order' }), anEntry({ workspace_id: 'ws_order' }), anEntry({ workspace_id: 'ws_order' })];
  await store.record([second, first, second]);
  await store.record([first, third]);
  expect(await readAll(allOf('ws_order'), () => 50)).toEqual([second, first, third].map(({ eventId }) => eventId));
});

/** As if all had been recorded until then. */
const moveEnd = (time: string) => pool.query(`SELECT setval('events_position_seq', $1)`, [firstPositionAt(Date.parse(time))]);

test('recorded_at is what the position says, and never falls, whatever the clock does', async () => {
  const startedAt = Date.now();
  await store.record([anEntry({ workspace_id: 'ws_clock' })]);
  const { rows: [first] } = await store.readPage(allOf('ws_clock'), { after: 0, limit: 50 });
  expect(first!.recordedAt.getTime()).toBeGreaterThanOrEqual(startedAt);
  expect(Math.floor(first!.position / 2_048)).toBe(first!.recordedAt.getTime());
  const { rows: [end] } = await pool.query('SELECT last_value::text FROM events_position_seq');
  // The clock is set back: a month that no partition holds yet, so the writer makes one.
  await moveEnd('2098-12-31T23:59:59.999Z');
  for (const length of [2_000, 50]) await store.record(Array.from({ length }, () => anEntry({ workspace_id: 'ws_clock' })));
  const { rows } = await pool.query(`SELECT recorded_at, tableoid::regclass::text AS partition, count(*)::int FROM events WHERE workspace_id = 'ws_clock' AND position > $1 GROUP BY 1, 2 ORDER BY 1`, [first!.position]);
  expect(rows).toEqual([
    { recorded_at: new Date('2098-12-31T23:59:59.999Z'), partition: 'events_20981201', count: 2_000 },
    // What has no room in the last millisecond of one goes into the next.
    { recorded_at: new Date('2099-01-01T00:00:00.000Z'), partition: 'events_20990101', count: 50 },
  ]);
  await pool.query(`SELECT setval('events_position_seq', $1::bigint)`, [end.last_value]);
});

test('a redelivered event finds its first behind the boundary of a partition, and behind that of the next', async () => {
  // Its time is five minutes ahead of its acceptance, behind the boundary.
  const [first, second, third] = [anEntry({ workspace_id: 'ws_boundary', timestamp: '2097-02-01T00:04:00Z' }), anEntry({ workspace_id: 'ws_boundary' }), anEntry({ workspace_id: 'ws_boundary' })];
  await moveEnd('2097-01-31T23:59:00Z');
  await store.record([first]);
  await moveEnd('2097-02-10T00:00:00Z');
  await store.record([first, second]);
  await moveEnd('2097-03-01T00:00:00Z');
  await store.record([second, first, third]);
  const { rows } = await pool.query(`SELECT event_id, tableoid::regclass::text AS partition FROM events WHERE workspace_id = 'ws_boundary' ORDER BY position`);
  expect(rows).toEqual([
    { event_id: first.eventId, partition: 'events_20970101' }, { event_id: second.eventId, partition: 'events_20970201' }, { event_id: third.eventId, partition: 'events_20970301' },
  ]);
});

test('an event of the year 0 and one of the year 9999 find their places', async () => {
  const [early, late] = [anEntry({ timestamp: '0000-01-01T00:00:00Z', workspace_id: 'ws_years' }), anEntry({ timestamp: '9999-12-31T23:59:59Z', workspace_id: 'ws_years' })];
  await store.record([early, late]);
  expect(await readAll(allOf('ws_years', { until: '0000-01-01T00:00:01-14:00' }), () => 50)).toEqual([early.eventId]);
});

test('a filter that finds little gets a short page that moves on, and in the end every match', async () => {
  const rare = [anEntry({ workspace_id: 'ws_rare', event: 'activity.skipped' }), anEntry({ workspace_id: 'ws_rare', event: 'activity.skipped' })];
  const common = Array.from({ length: 2 * EXAMINED_MAX }, () => anEntry({ workspace_id: 'ws_rare' }));
  await store.record([rare[0]!, ...common, rare[1]!]);
  const selection = allOf('ws_rare', { user_id: 'usr_abc123', event: 'activity.skipped' });

  const first = await follow(selection, { after: 0, limit: 50 });
  expect(first).toMatchObject({ ids: [rare[0]!.eventId], hasMore: true });
  const second = await follow(selection, { after: first.next, limit: 50 });
  expect(second).toMatchObject({ ids: [], hasMore: true });
  expect(second.next).toBeGreaterThan(first.next);
  expect(await follow(selection, { after: second.next, limit: 50 })).toMatchObject({ ids: [rare[1]!.eventId], hasMore: false });
});

test('a page reads as many blocks in a log twenty times as long, of a dozen partitions, and only of those that it needs', async () => {
  await makePartitions();
  await pool.query(FILL, ['ws_short', 2_400]);
  await pool.query(FILL, ['ws_long', 48_000]);
  const [short, long] = [await costsOfPages('ws_short'), await costsOfPages('ws_long')];
  for (const [walk, { blocks, scans, isMerged }] of long) {
    // A B-tree that is a level higher costs one block more for each descent; entries that lie further apart in it, some more.
    expect([walk, blocks <= short.get(walk)!.blocks + 10, isMerged]).toEqual([walk, true, false]);
    expect([walk, scans.filter(({ type }) => !type.startsWith('Index'))]).toEqual([walk, []]);
    // In order, so that none is read behind those that fill the page, at the year's beginning or end.
    const ofYear = new Set(scans.map(({ relation }) => relation).filter((relation) => relation.startsWith('events_2080')));
    expect([walk, ofYear.size <= 2]).toEqual([walk, true]);
  }
});

const YEAR = Date.UTC(2080, 0);
const MONTH = 31 * 86_400_000;

/** Twelve months, all of them full, from the past of this log on: pages of it begin in the first or the last. */
async function makePartitions(): Promise<void> {
  for (let month = 0; month < 12; month++) {
    const { rows } = await pool.query<Partition>(LIST_PARTITIONS);
    const partition = partitionFor(firstPositionAt(YEAR + month * MONTH), rows, 'month');
    await pool.query(`${createPartition(partition.name)}; ${attachPartition(partition)}`);
  }
}

// In the order of their positions, over all of the year. One row in twenty is of the user, the entity and the event that the pages ask for.
const FILL = `INSERT INTO events (workspace_id, position, event_id, event, user_id, entity_id, occurred_at, recorded_at, body)
  SELECT $1, (${YEAR} + n * (${365 * 86_400_000} / $2)) * 2048, gen_random_uuid(), CASE WHEN n % 20 = 0 THEN 'award.granted' ELSE 'activity.completed' END,
    CASE WHEN n % 20 = 0 THEN 'usr_cost' ELSE 'usr_' || n % 997 END, CASE WHEN n % 20 = 0 THEN 'act_cost' ELSE 'act_' || n % 997 END, clock_timestamp(), clock_timestamp(),
    '{"id":"' || repeat('x', 400) || '"}'
  FROM generate_series(0, $2::bigint - 1) AS n`;

const FILTERS: Record<WalkedBy, string> = {
  workspace: 'NULL, NULL, NULL',
  user: `'usr_cost', NULL, NULL`,
  entity: `NULL, 'act_cost', NULL`,
  event: `NULL, NULL, '{award.granted}'`,
};

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Loops': number;
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
  Plans?: PlanNode[];
}
const nodesOf = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

function costOf(plan: PlanNode) {
  const nodes = nodesOf(plan).filter((node) => node['Actual Loops'] > 0);
  const scans = nodes.map((node) => ({ type: node['Node Type'], relation: node['Relation Name'] ?? '' })).filter(({ relation }) => relation.startsWith('events_'));
  return { blocks: plan['Shared Hit Blocks'] + plan['Shared Read Blocks'], scans, isMerged: nodes.some((node) => node['Node Type'] === 'Merge Append') };
}

/** With the plan that is made once for all parameters, as the service has it. */
async function costsOfPages(workspaceId: string) {
  const client = new pg.Client({ connectionString: stack.databaseUrl('event-log'), options: `${PLANS_BY_INDEX} ${PLANNED_ONCE}` });
  await client.connect();
  try {
    // As autovacuum leaves it sooner or later: plans and blocks must not depend on when it came.
    await client.query('VACUUM (ANALYZE) events');
    const costs = new Map<string, ReturnType<typeof costOf>>();
    for (const by of ['workspace', 'user', 'entity', 'event'] as const) {
      for (const order of ['asc', 'desc'] as const) {
        const { name, text } = pageStatement(by, order);
        await client.query(`PREPARE ${name} AS ${text}`);
        const execute = `EXECUTE ${name} ('${workspaceId}', ${startOf(order)}, ${FILTERS[by]}, NULL, NULL, NULL, NULL, 50)`;
        const { rows } = await client.query(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${execute}`);
        costs.set(name, costOf(rows[0]['QUERY PLAN'][0].Plan));
      }
    }
    return costs;
  } finally {
    await client.end();
  }
}

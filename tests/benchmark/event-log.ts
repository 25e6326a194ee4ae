import { get } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { behaviorEvent, newId, type BehaviorEvent } from '@waggle/contracts';
import { cloudEventHeaders, createProducer, toRecord } from '@waggle/kafka';
import { createLogger } from '@waggle/runtime';
import pg from 'pg';
import { Pool } from 'undici';
import { attachPartition, createPartition, LIST_PARTITIONS, recordedAtOf } from '../../services/event-log/src/adapters/partition-statements.ts';
import { partitionFor, type Partition } from '../../services/event-log/src/domain/partition.ts';
import { firstPositionAt, timeOf } from '../../services/event-log/src/domain/position.ts';
import { caughtUp } from './caught-up.ts';
import { withFrozen } from './frozen.ts';
import { median, summarize } from './load.ts';
import type { BenchmarkStack } from './stack.ts';

interface Settings {
  /** In the large log. */
  rows: number;
  events: number;
  seconds: number;
}

const SMALL = 10_000;
const STREAM_PER_SECOND = 100;

/** Pages of a small and of a large log, how fast events are taken in by one instance, and how soon a listener hears of one. */
export async function measureEventLog(stack: BenchmarkStack, { rows, events, seconds }: Settings): Promise<string[]> {
  const db = new pg.Client({ connectionString: stack.databases.event_log });
  await db.connect();
  const producer = createProducer({ brokers: stack.kafka.split(','), clientId: 'benchmark', prefix: '' }, createLogger('benchmark', 'silent'));
  await producer.start(() => {});
  async function publish(count: number): Promise<string[]> {
    const made = Array.from({ length: count }, () => anEvent(stack.workspaceId));
    await producer.publish(made.map(recordOf));
    return made.map(({ id }) => id);
  }
  try {
    await fill(db, stack.workspaceId, SMALL);
    const small = await measurePages(stack, seconds);
    // The dispatcher reads the same topic.
    const ingest = await withFrozen(stack, ['outbound-dispatcher'], () => measureIngest(stack, { db, publish, events }));
    await caughtUp(stack);
    await fill(db, stack.workspaceId, rows - events);
    const large = await measurePages(stack, seconds);
    const stream = await measureStream(stack, { publish, seconds });
    for (const [name, value] of Object.entries({ small, ingest, large, stream })) console.log(JSON.stringify({ name: `event log, ${name}`, ...value }));
    const pages = (['user', 'workspace'] as const).map((by) => `page of 50 of a ${by}: p50 ${small[by].p50} ms of ${SMALL} rows, ${large[by].p50} ms of ${rows} rows, ratio ${(large[by].p50 / small[by].p50).toFixed(2)}`);
    return [...pages, `recorded by one instance: ${ingest.perSecond}/s`, `commit to client: p50 ${stream.p50} ms, p99 ${stream.p99} ms at ${STREAM_PER_SECOND}/s`];
  } finally {
    await producer.stop();
    await db.end();
  }
}

const MONTHS = 12;

// As large as an event is. One in twenty is of the user whose pages are read. In the order of their positions, over all of a partition.
const fillStatement = ({ name, from, to }: Partition, rows: number) => `INSERT INTO ${name} (workspace_id, position, event_id, event, user_id, entity_id, occurred_at, recorded_at, body, sequence)
  SELECT $1, position, 'evt_' || gen_random_uuid(), 'activity.completed', CASE WHEN n % 20 = 0 THEN 'usr_page' ELSE 'usr_' || n % 9973 END, 'act_' || n % 9973, ${recordedAtOf('position')}, ${recordedAtOf('position')},
    '{"event":"activity.completed","timestamp":"2026-03-28T08:12:44Z","user_id":"usr_page","activity":{"id":"act_xyz789","type":"habit","name":"' || repeat('x', 150) || '","channel":"api","occurrence_date":"2026-03-28","streak":{"current":4,"longest":12}},"id":"evt_1"}', n
  FROM (SELECT n, ${from}::bigint + n * (${to - from}::bigint / ${rows}) AS position FROM generate_series(0, ${rows}::bigint - 1) AS n) AS placed`;

/** A log of twelve months with so many rows, in the place of all that lies before today's partition. Each is filled first and gets its indexes then. */
async function fill(db: pg.Client, workspaceId: string, rows: number): Promise<void> {
  const { rows: listed } = await db.query<Partition>(LIST_PARTITIONS);
  const kept = listed.filter(({ to }) => to > firstPositionAt(Date.now()));
  for (const { name } of listed.filter((partition) => !kept.includes(partition))) await db.query(`DROP TABLE ${name}`);
  const lastDay = timeOf((kept[0]?.from ?? 0) - 1);
  await db.query(`SET maintenance_work_mem = '256MB'`);
  for (let month = MONTHS - 1; month >= 0; month--) {
    const partition = partitionFor(firstPositionAt(Date.UTC(lastDay.getUTCFullYear(), lastDay.getUTCMonth() - month)), kept, 'month');
    kept.push(partition);
    await db.query(createPartition(partition.name));
    await db.query(fillStatement(partition, Math.ceil(rows / MONTHS)), [workspaceId]);
    await db.query(attachPartition(partition));
  }
  await db.query('VACUUM (ANALYZE) events');
}

/** One request after the other, each the next page of its list: what one page takes in the service, HTTP and key included. */
async function measurePages({ urlOf, systemKey }: BenchmarkStack, seconds: number) {
  const pool = new Pool(urlOf('event-log'), { connections: 1 });
  const headers = { authorization: `Bearer ${systemKey}` };
  async function pagesOf(filter: string, forMs: number) {
    const latenciesMs: number[] = [];
    let cursor = '';
    for (const until = performance.now() + forMs; performance.now() < until; ) {
      const startedAt = performance.now();
      const { statusCode, body } = await pool.request({ method: 'GET', path: `/v1/events?limit=50${filter}${cursor}`, headers });
      const text = await body.text();
      latenciesMs.push(performance.now() - startedAt);
      if (statusCode !== 200) throw new Error(`A page: ${statusCode} ${text}`);
      const page: { next_cursor: string; has_more: boolean } = JSON.parse(text);
      cursor = page.has_more ? `&cursor=${page.next_cursor}` : '';
    }
    return summarize({ latenciesMs, statuses: {}, seconds: forMs / 1_000 });
  }
  try {
    await pagesOf('&user_id=usr_page', 2_000); // warm-up: generic plans, the JIT
    await pagesOf('', 1_000);
    return { user: await pagesOf('&user_id=usr_page', seconds * 500), workspace: await pagesOf('', seconds * 500) };
  } finally {
    await pool.close();
  }
}

/** Stopped while the topic is filled, so that the filling does not share the machine with it. */
async function measureIngest({ processes, workspaceId }: BenchmarkStack, { db, publish, events }: { db: pg.Client; publish(count: number): Promise<string[]>; events: number }) {
  const pid = processes.find(({ name }) => name === 'event-log')?.pid ?? 0;
  const rates: number[] = [];
  for (let round = 0; round < 3; round++) {
    let last: string[] = [];
    process.kill(pid, 'SIGSTOP');
    for (let sent = 0; sent < events / 3; sent += 5_000) last = await publish(Math.min(5_000, events / 3 - sent));
    const startedAt = performance.now();
    process.kill(pid, 'SIGCONT');
    // The last few hundred are on all partitions. To count the table would cost more than what is measured.
    while (!(await areRecorded(db, workspaceId, last.slice(-300)))) await pause(20);
    rates.push(Math.round(events / 3 / ((performance.now() - startedAt) / 1_000)));
  }
  return { perSecond: median(rates), rates };
}

async function areRecorded(db: pg.Client, workspaceId: string, ids: readonly string[]): Promise<boolean> {
  const { rows } = await db.query('SELECT count(*)::int AS count FROM events WHERE workspace_id = $1 AND event_id = ANY ($2)', [workspaceId, ids]);
  return rows[0].count === ids.length;
}

/** From the instant that the log wrote into the event, a moment before its commit, to the listener's having it. */
async function measureStream({ urlOf, systemKey }: BenchmarkStack, { publish, seconds }: { publish(count: number): Promise<unknown>; seconds: number }) {
  const request = get(`${urlOf('event-log')}/v1/events/stream`, { headers: { authorization: `Bearer ${systemKey}` } });
  const latenciesMs: number[] = [];
  const opened = Promise.withResolvers<void>();
  request.on('response', (response) => {
    let rest = '';
    response.setEncoding('utf8').on('error', () => undefined).on('data', (chunk: string) => {
      opened.resolve();
      const blocks = (rest + chunk).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const [, recordedAt] = /"recorded_at":"([^"]+)"/.exec(block) ?? [];
        if (recordedAt !== undefined) latenciesMs.push(Date.now() - Date.parse(recordedAt));
      }
    });
  });
  await opened.promise;
  const wanted = STREAM_PER_SECOND * seconds;
  for (let sent = 0; sent < wanted; sent++) {
    void publish(1);
    await pause(1_000 / STREAM_PER_SECOND);
  }
  for (const deadline = Date.now() + 30_000; latenciesMs.length < wanted && Date.now() < deadline; ) await pause(50);
  request.destroy();
  return { told: latenciesMs.length, ...summarize({ latenciesMs, statuses: {}, seconds }) };
}

let made = 0;
function anEvent(workspaceId: string): BehaviorEvent {
  const user = `usr_${made++ % 5_000}`;
  return {
    event: 'activity.completed', timestamp: new Date().toISOString(), user_id: user, id: newId('evt'), workspace_id: workspaceId,
    activity: { id: `act_${user}`, type: 'habit', name: 'Drink water', channel: 'api', occurrence_date: '2026-03-28', streak: { current: 4, longest: 12 } },
  };
}

const recordOf = (event: BehaviorEvent) => toRecord(behaviorEvent, event, cloudEventHeaders(event, 'waggle/benchmark'));

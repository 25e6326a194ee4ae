import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '@waggle/local-stack';
import pg from 'pg';
import { z } from 'zod';
import { cpuSeconds } from './cpu.ts';
import { publishEvents } from './kafka-events.ts';
import { createLoad, median, summarize, type HttpRequest, type Result } from './load.ts';
import { post, type BenchmarkStack } from './stack.ts';

const BYTES = 1_024;
const IN_FLIGHT = 8;
const ROUNDS = 3;
const PER_SECOND = 50;
const USERS = 1_000;

interface Bench {
  stack: BenchmarkStack;
  receiver: string;
  db: pg.Client;
}

/** Deliveries at saturation, in turns with a bare got loop to the same receiver; then what one event takes, with and without an endpoint that hangs. */
export async function measureDeliveries(stack: BenchmarkStack, { deliveries, seconds }: { deliveries: number; seconds: number }): Promise<string[]> {
  const { url: receiver, stop } = await startReceivers();
  const db = new pg.Client({ connectionString: stack.databases.dispatch });
  await db.connect();
  try {
    const bench = { stack, receiver, db };
    await drain(bench, { endpoints: 1, count: 5_000 }); // warm-up
    // Before the backlogs: the machine is busy for a while after them.
    const { alone, beside, writesPerDelivery } = await measureLatency(bench, seconds);
    const [bare, one, ten]: [number[], Drained[], Drained[]] = [[], [], []];
    for (let round = 0; round < ROUNDS; round++) {
      bare.push(await runBareGot(`${receiver}/bare`, Math.min(seconds, 5)));
      one.push(await drain(bench, { endpoints: 1, count: deliveries }));
      ten.push(await drain(bench, { endpoints: 10, count: deliveries }));
    }
    const rate = (drained: Drained[]) => median(drained.map(({ perSecond }) => perSecond));
    return [
      `deliveries, one endpoint: ${rate(one)}/s, ten: ${rate(ten)}/s; bare got, ${IN_FLIGHT} in flight: ${median(bare)}/s; ratio ${(rate(one) / median(bare)).toFixed(2)}`,
      `row writes per delivery: ${writesPerDelivery.toFixed(2)} at ${PER_SECOND}/s; of a backlog, part of which waits in the table, ${median(one.map(({ writes }) => writes)).toFixed(2)}, with events and all else ${median(one.map(({ writesInAll }) => writesInAll)).toFixed(2)} (one endpoint), ${median(ten.map(({ writesInAll }) => writesInAll)).toFixed(2)} (ten)`,
      `inbound to receiver, ${PER_SECOND}/s, from the answer: ${toText(alone.sinceAnswer)}; with another endpoint hanging: ${toText(beside.sinceAnswer)}`,
      `inbound to receiver, ${PER_SECOND}/s, from the request: ${toText(alone.sinceRequest)}; with another endpoint hanging: ${toText(beside.sinceRequest)}`,
    ];
  } finally {
    await db.end();
    stop();
  }
}

const toText = ({ p50, p99 }: Summary) => `p50 ${p50} ms, p99 ${p99} ms`;

async function startReceivers() {
  const port = await freePort();
  const child = spawn(process.execPath, [join(import.meta.dirname, 'receivers.ts'), String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return { url: `http://127.0.0.1:${port}`, stop: () => void child.kill() };
}

async function runBareGot(url: string, seconds: number): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'bare-got.ts'), url, String(IN_FLIGHT), String(seconds), String(BYTES)]);
  const { perSecond } = z.object({ perSecond: z.number() }).parse(JSON.parse(stdout));
  console.log(JSON.stringify({ name: `bare got, ${IN_FLIGHT} in flight`, perSecond }));
  return perSecond;
}

type Summary = ReturnType<typeof summarize>;

interface Drained {
  perSecond: number;
  /** Rows of `deliveries` that were inserted or updated, per delivery. */
  writes: number;
  writesInAll: number;
}

/** A backlog on the topic is put up, and the time taken from the first arrival to the last. */
async function drain({ stack, receiver, db }: Bench, { endpoints, count }: { endpoints: number; count: number }): Promise<Drained> {
  const ids = await register(stack, Array.from({ length: endpoints }, (_, n) => `${receiver}/e${n}`));
  await reset(receiver);
  const writesBefore = await countWrites(db);
  const cpuBefore = cpuSeconds(stack.processes);
  await publishEvents(stack.kafka, { workspaceId: stack.workspaceId, count: count / endpoints, bytes: BYTES });
  let [startedAt, startedWith, arrived] = [0, 0, 0];
  while (arrived < count) {
    await pause(20);
    arrived = sumOf(await countsAt(receiver));
    if (arrived > 0 && startedAt === 0) [startedAt, startedWith] = [performance.now(), arrived];
  }
  const perSecond = Math.round((count - startedWith) / ((performance.now() - startedAt) / 1_000));
  await untilRecorded(db);
  const writesAfter = await countWrites(db);
  const cpuAfter = cpuSeconds(stack.processes);
  const cpu = Object.fromEntries(Object.entries(cpuAfter).map(([name, value]) => [name, Number((((value - (cpuBefore[name] ?? 0)) / count) * 1_000).toFixed(3))]));
  const [writes, writesInAll] = [(writesAfter.deliveries - writesBefore.deliveries) / count, (writesAfter.inAll - writesBefore.inAll) / count];
  console.log(JSON.stringify({ name: `deliveries, ${endpoints} endpoints`, perSecond, writes, writesInAll, cpuSecondsPer1000: cpu }));
  await remove(stack, ids);
  return { perSecond, writes, writesInAll };
}

/** From when a request is due, and from when it is answered, to when its webhook has arrived. */
async function measureLatency({ stack, receiver, db }: Bench, seconds: number) {
  const numbers = Array.from({ length: USERS }, (_, n) => n).values();
  await Promise.all(Array.from({ length: 16 }, async () => {
    for (const n of numbers) await post(`${stack.urlOf('behavior-core')}/v1/activities`, stack.systemKey, { id: `act_hook_${n}`, user_id: `usr_hook_${n}`, type: 'habit', name: 'Drink water' });
  }));
  const good = await register(stack, [`${receiver}/good`]);
  await latencyAt({ stack, receiver }, 10);
  const before = await countWrites(db);
  const measured = await latencyAt({ stack, receiver }, seconds);
  const writesPerDelivery = ((await countWrites(db)).deliveries - before.deliveries) / measured.count;
  const alone = summarizeBoth(measured);
  console.log(JSON.stringify({ name: `inbound to receiver, ${PER_SECOND}/s`, ...alone }));
  const hanging = await register(stack, [`${receiver}/hang`]);
  const beside = summarizeBoth(await latencyAt({ stack, receiver }, seconds));
  console.log(JSON.stringify({ name: `inbound to receiver, ${PER_SECOND}/s, another endpoint hanging`, ...beside, hanging: (await countsAt(receiver))['/hang'] }));
  await remove(stack, [...good, ...hanging]);
  return { alone, beside, writesPerDelivery };
}

let sent = 0;
const answered = z.object({ events: z.array(z.object({ id: z.string() })) });

interface Latencies {
  count: number;
  sinceRequest: Result;
  sinceAnswer: Result;
}

const summarizeBoth = ({ sinceRequest, sinceAnswer }: Latencies) => ({ sinceRequest: summarize(sinceRequest), sinceAnswer: summarize(sinceAnswer) });

async function latencyAt({ stack, receiver }: Omit<Bench, 'db'>, seconds: number): Promise<Latencies> {
  await reset(receiver);
  const times = new Map<string, { plannedAt: number; answeredAt: number }>();
  const load = createLoad(stack.urlOf('ingress'), () => completion(stack.systemKey));
  const { statuses } = await load.atRate(PER_SECOND, seconds, (text, plannedAt) => {
    const [event] = answered.parse(JSON.parse(text)).events;
    const answeredAt = performance.timeOrigin + performance.now();
    if (event !== undefined) times.set(event.id, { plannedAt: performance.timeOrigin + plannedAt, answeredAt });
  });
  const arrivals = await eventuallyAll(receiver, [...times.keys()]);
  const since = (of: 'plannedAt' | 'answeredAt') => ({ seconds, statuses, latenciesMs: [...times].map(([id, time]) => arrivals[id]! - time[of]) });
  return { count: times.size, sinceRequest: since('plannedAt'), sinceAnswer: since('answeredAt') };
}

/** User n mod 1,000, each round one more day back. */
function completion(systemKey: string): HttpRequest {
  const n = sent++;
  const timestamp = new Date(Date.UTC(2026, 0, 1, 12) - Math.floor(n / USERS) * 86_400_000).toISOString();
  const body = JSON.stringify({ event: 'activity.completed', activity_id: `act_hook_${n % USERS}`, user_id: `usr_hook_${n % USERS}`, timestamp });
  return { path: '/v1/webhooks/inbound', headers: { 'content-type': 'application/json', authorization: `Bearer ${systemKey}` }, body };
}

async function eventuallyAll(receiver: string, ids: readonly string[]): Promise<Record<string, number>> {
  for (;;) {
    const arrivals = z.record(z.string(), z.number()).parse(await (await fetch(`${receiver}/arrivals`)).json());
    if (ids.every((id) => arrivals[id] !== undefined)) return arrivals;
    await pause(100);
  }
}

const countsAt = async (receiver: string) => z.record(z.string(), z.number()).parse(await (await fetch(`${receiver}/counts`)).json());
const sumOf = (counts: Record<string, number>) => Object.values(counts).reduce((sum, count) => sum + count, 0);
const reset = async (receiver: string) => void (await fetch(`${receiver}/reset`, { method: 'POST' }));

async function register(stack: BenchmarkStack, urls: readonly string[]): Promise<string[]> {
  const ids = [];
  for (const url of urls) {
    const { id } = await post(`${stack.urlOf('outbound-dispatcher')}/v1/webhooks/endpoints`, stack.systemKey, { url, event_types: ['activity.completed'] });
    ids.push(String(id));
  }
  return ids;
}

async function remove(stack: BenchmarkStack, ids: readonly string[]) {
  for (const id of ids) await fetch(`${stack.urlOf('outbound-dispatcher')}/v1/webhooks/endpoints/${id}`, { method: 'DELETE', headers: { authorization: `Bearer ${stack.systemKey}` } });
}

/** As PostgreSQL counts them; a backend reports within a second. */
async function countWrites(db: pg.Client): Promise<{ deliveries: number; inAll: number }> {
  await pause(2_000);
  const { rows } = await db.query(`SELECT sum(n_tup_ins + n_tup_upd) FILTER (WHERE relname = 'deliveries')::float8 AS deliveries, sum(n_tup_ins + n_tup_upd)::float8 AS "inAll" FROM pg_stat_user_tables`);
  return z.object({ deliveries: z.number(), inAll: z.number() }).parse(rows[0]);
}

async function untilRecorded(db: pg.Client) {
  const unfinished = `SELECT FROM deliveries WHERE status IN ('pending', 'retrying') LIMIT 1`;
  while ((await db.query(unfinished)).rows.length > 0) await pause(50);
}

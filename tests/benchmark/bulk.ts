import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { caughtUp } from './caught-up.ts';
import { cpuSeconds } from './cpu.ts';
import { probeDisk } from './disk.ts';
import { createLoad, summarize, type HttpRequest } from './load.ts';
import { post, type BenchmarkStack } from './stack.ts';

const USERS = 1_000;
const SINGLE_USERS = 200;
const SINGLE_PER_SECOND = 50;

/**
 * A backfill of many users as lines: how fast it is taken and done, and what single requests of other users feel meanwhile, beside what they
 * feel without it.
 */
export async function measureBulk(stack: BenchmarkStack, { lines, seconds }: { lines: number; seconds: number }): Promise<string[]> {
  await createUsers(stack);
  const load = createLoad(stack.urlOf('ingress'), singleCompletions(stack.systemKey));
  await runBackfill(stack, Math.min(lines, 5_000), 0); // warm-up
  await caughtUp(stack);
  await load.atRate(SINGLE_PER_SECOND, 5);
  const [alone, quietDisk] = await Promise.all([load.atRate(SINGLE_PER_SECOND, seconds), probeDisk(stack.directory, seconds)]);
  const quiet = summarize(alone);
  console.log(JSON.stringify({ name: `inbound, ${SINGLE_PER_SECOND}/s, alone`, ...quiet, disk: quietDisk }));

  const before = cpuSeconds(stack.processes);
  const undisturbed = await runBackfill(stack, lines, 1);
  const after = cpuSeconds(stack.processes);
  const cpu = Object.fromEntries(Object.entries(after).map(([name, value]) => [name, Number((((value - (before[name] ?? 0)) / lines) * 1_000).toFixed(3))]));
  console.log(JSON.stringify({ name: `bulk, ${lines} lines`, ...undisturbed, cpuSecondsPer1000: cpu }));

  await caughtUp(stack);
  const backfill = runBackfill(stack, lines, 2);
  const [singles, busyDisk] = await Promise.all([load.atRate(SINGLE_PER_SECOND, seconds), probeDisk(stack.directory, seconds)]);
  const [beside, busy] = [await backfill, summarize(singles)];
  console.log(JSON.stringify({ name: `inbound, ${SINGLE_PER_SECOND}/s, beside ${lines} lines`, ...busy, disk: busyDisk, backfill: beside }));
  return [
    `bulk: ${undisturbed.acceptedPerSecond} lines/s accepted, ${undisturbed.donePerSecond} lines/s done`,
    `synchronous inbound, ${SINGLE_PER_SECOND}/s, beside a backfill: p50 ${busy.p50} ms, p99 ${busy.p99} ms; without it p50 ${quiet.p50} ms, p99 ${quiet.p99} ms`,
    `a page written and synced meanwhile: beside the backfill p50 ${busyDisk.p50} ms, p99 ${busyDisk.p99} ms; without it p50 ${quietDisk.p50} ms, p99 ${quietDisk.p99} ms`,
  ];
}

const accepted = z.object({ operation_id: z.string() });
const operation = z.object({ status: z.string(), done: z.number(), failed: z.number() });

/** `round`: each has days of its own, so that every line changes something. */
async function runBackfill({ urlOf, systemKey }: BenchmarkStack, lines: number, round: number) {
  const body = completions(lines, round);
  const startedAt = performance.now();
  const headers = { authorization: `Bearer ${systemKey}`, 'content-type': 'application/x-ndjson' };
  const response = await fetch(`${urlOf('ingress')}/v1/activities/bulk`, { method: 'POST', headers, body });
  if (response.status !== 202) throw new Error(`bulk: ${response.status} ${await response.text()}`);
  const acceptedAt = performance.now();
  const { operation_id: id } = accepted.parse(await response.json());
  for (;;) {
    const answer = await fetch(`${urlOf('behavior-core')}/v1/operations/${id}`, { headers: { authorization: headers.authorization } });
    // A machine that is full may say 503: ask again.
    const { status, failed } = answer.status === 200 ? operation.parse(await answer.json()) : { status: 'unknown', failed: 0 };
    if (status === 'completed') return toRates({ lines, failed, acceptMs: acceptedAt - startedAt, totalMs: performance.now() - startedAt });
    await pause(50);
  }
}

const toRates = ({ lines, failed, acceptMs, totalMs }: { lines: number; failed: number; acceptMs: number; totalMs: number }) => ({
  acceptedPerSecond: Math.round(lines / (acceptMs / 1_000)), donePerSecond: Math.round(lines / (totalMs / 1_000)), seconds: Number((totalMs / 1_000).toFixed(1)), failed,
});

/** User n mod 1,000, each round through the users one more day back. */
function completions(lines: number, round: number): string {
  const firstDay = Date.UTC(2026, 0, 1, 12) - round * 400 * 86_400_000;
  return Array.from({ length: lines }, (_, n) => {
    const timestamp = new Date(firstDay - Math.floor(n / USERS) * 86_400_000).toISOString();
    return JSON.stringify({ event: 'activity.completed', activity_id: `act_bulk_${n % USERS}`, user_id: `usr_bulk_${n % USERS}`, timestamp });
  }).join('\n');
}

function singleCompletions(systemKey: string): () => HttpRequest {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${systemKey}` };
  const firstDay = Date.UTC(2026, 0, 1, 12);
  let sent = 0;
  return () => {
    const n = sent++;
    const timestamp = new Date(firstDay - Math.floor(n / SINGLE_USERS) * 86_400_000).toISOString();
    const body = JSON.stringify({ event: 'activity.completed', activity_id: `act_single_${n % SINGLE_USERS}`, user_id: `usr_single_${n % SINGLE_USERS}`, timestamp });
    return { path: '/v1/webhooks/inbound', headers, body };
  };
}

async function createUsers({ urlOf, systemKey }: BenchmarkStack) {
  const names = [...Array.from({ length: USERS }, (_, n) => `bulk_${n}`), ...Array.from({ length: SINGLE_USERS }, (_, n) => `single_${n}`)].values();
  await Promise.all(Array.from({ length: 8 }, async () => {
    for (const name of names) await post(`${urlOf('behavior-core')}/v1/activities`, systemKey, { id: `act_${name}`, user_id: `usr_${name}`, type: 'habit', name: 'Drink water' });
  }));
}

import { cpuSeconds } from './cpu.ts';
import { createLoad, summarize, type HttpRequest } from './load.ts';
import { post, type BenchmarkStack } from './stack.ts';

const USERS = 1_000;

/** Synchronous inbound over many users, straight to ingress: each request is answered after the core's commit. */
export async function measureInbound(stack: BenchmarkStack, seconds: number): Promise<string[]> {
  await createUsers(stack);
  const load = createLoad(stack.urlOf('ingress'), completions(stack.systemKey));
  await load.saturate(32, 25); // warm-up: compiled code (Kafka's too), connections, plans
  const before = cpuSeconds(stack.processes);
  const result = await load.atRate(50, seconds);
  const after = cpuSeconds(stack.processes);
  const cpu = Object.fromEntries(Object.entries(after).map(([name, value]) => [name, Number(((value - (before[name] ?? 0)) / (result.latenciesMs.length / 1_000)).toFixed(2))]));
  console.log(JSON.stringify({ name: 'inbound, 50/s', ...summarize(result), cpuSecondsPer1000: cpu }));
  const hundred = await load.atRate(100, seconds);
  console.log(JSON.stringify({ name: 'inbound, 100/s', ...summarize(hundred) }));
  const closed = await load.saturate(32, seconds);
  console.log(JSON.stringify({ name: 'inbound, 32 connections', ...summarize(closed) }));
  return [
    ...[['50/s', result] as const, ['100/s', hundred] as const].map(([rate, measured]) => `synchronous inbound, ${rate}: p50 ${summarize(measured).p50} ms, p99 ${summarize(measured).p99} ms`),
    `synchronous inbound, 32 connections: ${summarize(closed).perSecond}/s`,
  ];
}

async function createUsers({ urlOf, systemKey }: BenchmarkStack) {
  const numbers = Array.from({ length: USERS }, (_, n) => n).values();
  await Promise.all(Array.from({ length: 16 }, async () => {
    for (const n of numbers) await post(`${urlOf('behavior-core')}/v1/activities`, systemKey, { id: `act_${n}`, user_id: `usr_${n}`, type: 'habit', name: 'Drink water' });
  }));
}

/** User n mod 1,000, each round one more day back: every request changes state and makes an event. */
function completions(systemKey: string): () => HttpRequest {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${systemKey}` };
  const firstDay = Date.UTC(2026, 0, 1, 12);
  let sent = 0;
  return () => {
    const n = sent++;
    const timestamp = new Date(firstDay - Math.floor(n / USERS) * 86_400_000).toISOString();
    const body = JSON.stringify({ event: 'activity.completed', activity_id: `act_${n % USERS}`, user_id: `usr_${n % USERS}`, timestamp });
    return { path: '/v1/webhooks/inbound', headers, body };
  };
}

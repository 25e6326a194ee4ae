import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { signInAppEvent } from '@waggle/client';
import { freePort } from '@waggle/local-stack';
import { withFrozen } from './frozen.ts';
import { offsetsOf } from './kafka-offsets.ts';
import { createLoad, median, summarize, type HttpRequest } from './load.ts';
import { post, type BenchmarkStack } from './stack.ts';

const CONNECTIONS = 64;
/** Many short ones: the machine's own pace changes from one to the next. */
const ROUNDS = 7;
/** The most that one key may be given; several, so that no key's limit is met. */
const RATE_LIMIT = 600_000;
const KEYS = 4;

/** Who works on events behind the endpoint. */
const BEHIND = ['behavior-core', 'outbound-dispatcher', 'event-log'];

/**
 * In-app events at saturation, in turns with a bare endpoint on the same broker that gets the same requests. Those behind the endpoint are
 * frozen meanwhile: they would take a share of the machine from one side only. What has piled up is then awarded.
 */
export async function measureInapp(stack: BenchmarkStack, seconds: number): Promise<string[]> {
  const bare = await startBare(stack.kafka);
  try {
    const next = await signedEvents(stack);
    const ours = createLoad(stack.urlOf('ingress'), next);
    const theirs = createLoad(bare.url, next);
    await theirs.saturate(CONNECTIONS, 5);
    const busy = report('in-app accept, all of the stack at work', await ours.saturate(CONNECTIONS, seconds));
    await awarded(stack);
    const before = await acceptedSoFar(stack);
    const [bareRates, ourRates]: number[][] = [[], []];
    await withFrozen(stack, BEHIND, async () => {
      for (let round = 0; round < ROUNDS; round++) {
        bareRates!.push(report('bare Express and KafkaJS', await theirs.saturate(CONNECTIONS, seconds)));
        await ours.saturate(CONNECTIONS, 2); // the first to ask about a key waits for the frozen core, and nobody after it
        ourRates!.push(report('in-app accept', await ours.saturate(CONNECTIONS, seconds)));
      }
    });
    const piledUp = (await acceptedSoFar(stack)) - before;
    const awarding = Math.round(piledUp / (await awarded(stack)));
    console.log(JSON.stringify({ name: 'awarding', events: piledUp, perSecond: awarding }));
    const [bareRate, ourRate] = [median(bareRates!), median(ourRates!)];
    return [
      `in-app accept: ${ourRate}/s, bare Express and KafkaJS ${bareRate}/s, ratio ${(ourRate / bareRate).toFixed(2)}; with all of the stack at work ${busy}/s`,
      `awarding: ${awarding} events/s`,
    ];
  } finally {
    bare.stop();
  }
}

const EVENTS = { topic: 'private.campaign.inapp-event.v1', groupId: 'behavior-core.campaigns' };

const acceptedSoFar = async ({ kafka }: BenchmarkStack) => (await offsetsOf(kafka, EVENTS)).written;

/** Seconds until every accepted event is handled, counted from the first that is. */
async function awarded({ kafka }: BenchmarkStack): Promise<number> {
  const { handled: first } = await offsetsOf(kafka, EVENTS);
  let startedAt = performance.now();
  for (;;) {
    const { handled, written } = await offsetsOf(kafka, EVENTS);
    if (handled === written) return (performance.now() - startedAt) / 1_000;
    if (handled === first) startedAt = performance.now();
    await pause(50);
  }
}

function report(name: string, result: Parameters<typeof summarize>[0]): number {
  const summary = summarize(result);
  console.log(JSON.stringify({ name, ...summary }));
  return summary.perSecond;
}

async function startBare(kafka: string) {
  const port = await freePort();
  // Nobody reads this topic: what the bare endpoint writes costs the broker and nobody else.
  const child = spawn(process.execPath, [join(import.meta.dirname, 'bare-endpoint.ts'), kafka, 'private.channel.message.v1', String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return { url: `http://127.0.0.1:${port}`, stop: () => child.kill() };
}

/** Each event is new and rightly signed, by keys in turn. */
async function signedEvents({ urlOf, systemKey }: BenchmarkStack): Promise<() => HttpRequest> {
  const campaigns = `${urlOf('behavior-core')}/v1/campaigns`;
  const campaign = await post(campaigns, systemKey, { name: 'Benchmark', status: 'active' });
  const task = await post(`${campaigns}/${campaign.id}/tasks`, systemKey, { name: 'Buy', points: 1, recurrence: 'unlimited' });
  await post(`${campaigns}/${campaign.id}/mappings`, systemKey, { event_type: 'purchase_completed', task_id: task.id });
  const keys = await Promise.all(Array.from({ length: KEYS }, () => post(`${campaigns}/${campaign.id}/inapp-keys`, systemKey, { label: 'load', rate_limit_per_minute: RATE_LIMIT })));
  const occurred_at = new Date().toISOString();
  let sent = 0;
  return () => {
    const n = sent++;
    const key = keys[n % KEYS]!;
    const wallet = `0x${(n % 5_000).toString(16).padStart(40, '0')}`;
    const body = { schema_version: '1.0', event_id: `evt_${n}`, event_type: 'purchase_completed', campaign_id: campaign.id, occurred_at, user: { wallet } };
    const timestamp = Math.floor(Date.now() / 1_000);
    const headers = {
      'content-type': 'application/json',
      'x-buzz-key-id': String(key.key_id),
      'x-buzz-timestamp': String(timestamp),
      'x-buzz-signature': signInAppEvent(String(key.secret), timestamp, body),
    };
    return { path: '/user/inapp/webhooks', headers, body: JSON.stringify(body) };
  };
}

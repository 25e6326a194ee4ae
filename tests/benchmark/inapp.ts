import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { signInAppEvent } from '@waggle/client';
import { freePort } from '@waggle/local-stack';
import { createLoad, median, summarize, type HttpRequest } from './load.ts';
import { post, type BenchmarkStack } from './stack.ts';

const CONNECTIONS = 64;
const ROUNDS = 3;
/** The most that one key may be given; several, so that no key's limit is met. */
const RATE_LIMIT = 600_000;
const KEYS = 4;

/** In-app events at saturation, in turns with a bare endpoint on the same broker that gets the same requests. */
export async function measureInapp(stack: BenchmarkStack, seconds: number) {
  const bare = await startBare(stack.kafka);
  try {
    const next = await signedEvents(stack);
    const ours = createLoad(stack.urlOf('ingress'), next);
    const theirs = createLoad(bare.url, next);
    await theirs.saturate(CONNECTIONS, 5);
    await ours.saturate(CONNECTIONS, 5);
    const [bareRates, ourRates]: number[][] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      bareRates!.push(report('bare Express and KafkaJS', await theirs.saturate(CONNECTIONS, seconds)));
      ourRates!.push(report('in-app accept', await ours.saturate(CONNECTIONS, seconds)));
    }
    return { bare: median(bareRates!), ours: median(ourRates!), ratio: Number((median(ourRates!) / median(bareRates!)).toFixed(2)) };
  } finally {
    bare.stop();
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
  const task = await post(`${campaigns}/${campaign.id}/tasks`, systemKey, { name: 'Buy', points: 1 });
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

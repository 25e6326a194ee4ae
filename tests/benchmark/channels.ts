import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { createLoad, summarize, type HttpRequest } from './load.ts';
import { post, type BenchmarkStack } from './stack.ts';

const USERS = 100;
const PER_SECOND = 100;
const CHANNELS = ['telegram', 'slack', 'own'] as const;

/** Changes at a steady rate for users with a channel of each kind: how long until each channel has been told, from when the request was to be sent. */
export async function measureChannels(stack: BenchmarkStack, seconds: number): Promise<string[]> {
  const receiver = await startService();
  await createUsers(stack, receiver.url);
  const plannedAt = Array.from({ length: USERS }, (): number[] => []);
  let sent = 0;
  const next = (): HttpRequest => {
    const n = sent++;
    plannedAt[n % USERS]!.push(Date.now());
    return completion(stack.systemKey, n);
  };
  const load = createLoad(stack.urlOf('ingress'), next);
  await load.atRate(PER_SECOND, 5);
  await settle(receiver, sent * CHANNELS.length);
  const skipped = sent / USERS;
  const inbound = summarize(await load.atRate(PER_SECOND, seconds));
  await settle(receiver, sent * CHANNELS.length);
  const latencies = (arrivedAt: readonly number[], user: number) => arrivedAt.slice(skipped).map((at, index) => at - plannedAt[user]![skipped + index]!);
  const byChannel = Object.fromEntries(CHANNELS.map((channel) => [channel, quantiles(plannedAt.flatMap((_, user) => latencies(receiver.arrivals.get(`/${channel}/${user}`) ?? [], user)))]));
  const feed = quantiles((await feedTimes(stack)).flatMap((times, user) => latencies(times, user)));
  receiver.stop();
  console.log(JSON.stringify({ name: `channels, ${PER_SECOND} changes/s`, inbound, ...byChannel, feed }));
  const worst = Math.max(...Object.values(byChannel).map(({ p99 }) => p99), feed.p99);
  return [`channels: a change is on all of them within ${worst} ms at p99, at ${PER_SECOND} changes/s`];
}

function quantiles(latenciesMs: readonly number[]) {
  const sorted = latenciesMs.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}

/** Each change of a user: done on one day, and on the one before, and so on; told although it is old. */
function completion(systemKey: string, n: number): HttpRequest {
  const timestamp = new Date(Date.UTC(2026, 0, 1, 12) - Math.floor(n / USERS) * 86_400_000).toISOString();
  const user = n % USERS;
  const body = JSON.stringify({ event: 'activity.completed', activity_id: `act_channels_${user}`, user_id: `usr_channels_${user}`, timestamp, notify: true });
  return { path: '/v1/webhooks/inbound', headers: { 'content-type': 'application/json', authorization: `Bearer ${systemKey}` }, body };
}

async function createUsers({ urlOf, systemKey }: BenchmarkStack, url: (path: string) => string) {
  const core = urlOf('behavior-core');
  for (let user = 0; user < USERS; user++) {
    await post(`${core}/v1/activities`, systemKey, { id: `act_channels_${user}`, user_id: `usr_channels_${user}`, type: 'habit', name: 'Drink water' });
    const connections = {
      telegram: { kind: 'telegram', bot_token: '123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11', chat_id: user, api_base_url: url(`/telegram/${user}`) },
      slack: { kind: 'slack', webhook_url: url(`/slack/${user}`) }, own: { kind: 'webhook', url: url(`/own/${user}`) },
    };
    for (const [channel, connection] of Object.entries(connections)) {
      const headers = { authorization: `Bearer ${systemKey}`, 'content-type': 'application/json' };
      const response = await fetch(`${core}/v1/users/usr_channels_${user}/channels/${channel}`, { method: 'PUT', headers, body: JSON.stringify(connection) });
      if (response.status !== 200) throw new Error(`${channel}: ${response.status} ${await response.text()}`);
    }
  }
}

/** When each user's feed was told of completions, in order. */
async function feedTimes({ databases }: BenchmarkStack): Promise<number[][]> {
  const db = new pg.Pool({ connectionString: databases.dispatch, max: 1 });
  const { rows } = await db.query<{ user_id: string; at: Date }>("SELECT user_id, delivered_at AS at FROM channel_messages WHERE channel = 'feed' AND user_id LIKE 'usr_channels_%' AND text LIKE 'Done%' ORDER BY position");
  await db.end();
  return Array.from({ length: USERS }, (_, user) => rows.filter(({ user_id }) => user_id === `usr_channels_${user}`).map(({ at }) => at.getTime()));
}

async function settle({ count }: { count(): number }, expected: number) {
  const deadline = Date.now() + 30_000;
  while (count() < expected && Date.now() < deadline) await pause(50);
  if (count() !== expected) throw new Error(`${count()} messages instead of ${expected}`);
}

/** Stands for all three services; by path, when each request came. The activity's creation came before its channels. */
async function startService() {
  const arrivals = new Map<string, number[]>();
  let arrived = 0;
  const server = createServer((request, response) => {
    const path = (request.url ?? '').replace(/\/bot.*$/, '');
    arrivals.set(path, [...arrivals.get(path) ?? [], Date.now()]);
    arrived++;
    request.resume();
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true,"result":{}}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port');
  return {
    arrivals,
    count: () => arrived,
    url: (path: string) => `http://127.0.0.1:${address.port}${path}`,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

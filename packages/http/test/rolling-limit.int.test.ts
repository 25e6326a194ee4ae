import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createLogger } from '@waggle/runtime';
import { Registry } from 'prom-client';
import { createInstanceCount } from '../src/instance-count.ts';
import { createLimit } from '../src/limit.ts';
import { createRedis } from '../src/redis.ts';
import { createLocalLimit, createRollingLimit, type Admission } from '../src/rolling-limit.ts';

const { redisUrl } = JSON.parse(process.env['WAGGLE_TEST_SERVERS'] ?? '{}');
const redis = new Redis(redisUrl, { lazyConnect: true });
const logger = createLogger('test', 'silent');
const impatient = createRedis({ url: redisUrl, timeoutMs: 100 }, logger);
beforeAll(async () => {
  await redis.connect();
  await impatient.client.connect();
});
afterAll(() => {
  redis.disconnect();
  impatient.client.disconnect();
});

const policy = { name: 'test', limit: 3, windowUs: 60_000_000 };
// Microseconds since 1970 need 51 bits: the script must not lose the last ones.
const START = 1_795_000_000_000_001;
let subjects = 0;

/** The rule in its own words: admitted if fewer than the limit were admitted in the window that ends now. */
function model(times: readonly number[]): boolean[] {
  const admitted: number[] = [];
  return times.map((now) => {
    const isAdmitted = admitted.filter((at) => now - at < policy.windowUs).length < policy.limit;
    if (isAdmitted) admitted.push(now);
    return isAdmitted;
  });
}

// Gaps that favour the edge: the same instant, one microsecond inside the window, exactly its length.
const edges = [0, 1, 20_000_000, 29_999_999, 30_000_000, 59_999_999, 60_000_000, 60_000_001];
const gaps = fc.array(fc.oneof(fc.integer({ min: 0, max: 72_000_000 }), fc.constantFrom(...edges)), { minLength: 1, maxLength: 40 });

type AdmitAt = (subject: string, id: string, nowUs: number) => Promise<Admission> | Admission;
const inRedis = createRollingLimit(redis);
const inProcess = createLocalLimit();

test.each<{ name: string; admit: AdmitAt }>([
  { name: 'the script in Redis', admit: (subject, id, nowUs) => inRedis(subject, id, policy, nowUs) },
  { name: 'the fallback in the process', admit: (subject, _id, nowUs) => inProcess(subject, policy, nowUs) },
])('$name admits exactly what the rule admits, at every distance', async ({ admit }) => {
  await fc.assert(
    fc.asyncProperty(gaps, async (distances) => {
      const subject = `subject-${subjects++}`;
      const times = distances.map((_, index) => START + distances.slice(0, index + 1).reduce((sum, gap) => sum + gap, 0));
      const admissions = [];
      for (const [index, now] of times.entries()) admissions.push(await admit(subject, `r${index}`, now));
      expect(admissions.map(({ isAdmitted }) => isAdmitted)).toEqual(model(times));
    }),
    { numRuns: 200 },
  );
});

test('says how many are left and when the oldest leaves the window', async () => {
  const admit: AdmitAt = (subject, id, nowUs) => inRedis(subject, id, policy, nowUs);
  expect(await admit('fields', 'a', START)).toEqual({ isAdmitted: true, remaining: 2, resetUs: 60_000_000 });
  expect(await admit('fields', 'b', START + 40_000_000)).toEqual({ isAdmitted: true, remaining: 1, resetUs: 20_000_000 });
  await admit('fields', 'c', START + 50_000_000);
  expect(await admit('fields', 'd', START + 59_000_000)).toEqual({ isAdmitted: false, remaining: 0, resetUs: 1_000_000 });
});

test('parallel requests share one limit, and each hears of its own subject', async () => {
  const askedFor = ['parallel', 'another', 'parallel', 'parallel', 'another', 'parallel', 'parallel'];
  const admissions = await Promise.all(askedFor.map((subject, index) => inRedis(subject, `r${index}`, policy)));
  const remaining = admissions.map((admission) => (admission.isAdmitted ? admission.remaining : 'refused'));
  expect(remaining).toEqual([2, 2, 1, 0, 1, 'refused', 'refused']);
});

test('an answer that was there in time counts, however late the process comes to read it; one that was not does not', async () => {
  const turn = () => new Promise((resolve) => { setImmediate(resolve); });
  const asked = createRollingLimit(impatient.client)('stalled', 'r1', policy);
  // Until it is on its way.
  for (let n = 0; n < 3; n++) await turn();
  const until = performance.now() + 300;
  while (performance.now() < until);
  expect(await asked).toMatchObject({ isAdmitted: true, remaining: 2 });
  await expect(impatient.client.blpop('nothing-comes-here', 1)).rejects.toThrow('Command timed out');
});

test('a connection on which nothing comes any more is given up, or what is asked of it would be gathered without end', async () => {
  const { client } = createRedis({ url: redisUrl, timeoutMs: 10 }, logger);
  await client.connect();
  const { promise: again, resolve } = Promise.withResolvers<void>();
  client.once('close', () => client.once('ready', resolve));
  await expect(client.blpop('nothing-comes-here', 0)).rejects.toThrow('Command timed out');
  await again;
  client.disconnect();
});

test('while Redis is away each instance admits its share of a limit, by how many of its service were last seen', async () => {
  const { client } = createRedis({ url: redisUrl, timeoutMs: 5_000 }, logger);
  await client.connect();
  const instance = (instanceId: string, service = 'shared') => createInstanceCount({ redis: client, logger, service, instanceId });
  const [first, second, third, stranger] = [instance('a'), instance('b'), instance('c'), instance('d', 'another')];
  await redis.zadd('instances:shared', 1, 'long gone');
  const seen = [];
  for (const one of [first, second, stranger, third]) {
    await one.start(() => {});
    seen.push(one.count());
  }
  await first.stop();
  await second.stop();
  const late = instance('e');
  await late.start(() => {});
  expect([...seen, late.count()]).toEqual([1, 2, 1, 3, 2]);

  client.disconnect();
  const admit = createLimit({ redis: client, logger, metrics: new Registry(), instances: third });
  const admitted = [];
  for (let n = 0; n < 9; n++) admitted.push((await admit('away', { ...policy, limit: 12 })).isAdmitted);
  expect(admitted.filter((isAdmitted) => isAdmitted)).toHaveLength(4);
  await Promise.all([third, late, stranger].map((one) => one.stop()));
});

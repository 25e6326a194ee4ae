import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { migrate } from '@waggle/setup';
import { z } from 'zod';
import { createDatabase, OWNERS, templateOf, urlOfDatabase } from './databases.ts';

const VARIABLE = 'WAGGLE_TEST_SERVERS';

const testServers = z.object({
  kafkaBroker: z.string(),
  /** For tests that freeze or kill the broker; 0 where it is not a process of this machine. */
  kafkaPid: z.number(),
  postgresUrl: z.string(),
  redisUrl: z.string(),
  /** The read-only user's way in; null where the broker has none. */
  bi: z.object({ brokers: z.string(), username: z.string(), password: z.string() }).nullable(),
  /** Where processes that tests start write their logs. */
  logs: z.string(),
});
export type TestServers = z.infer<typeof testServers>;

/** Jest's global set-up and its test files are different worlds: the environment is what they share. */
export function announceTestServers(servers: TestServers): void {
  process.env[VARIABLE] = JSON.stringify(servers);
}

export function readTestServers(): TestServers {
  return testServers.parse(JSON.parse(process.env[VARIABLE] ?? '{}'));
}

/** A migrated template of each database, to be cloned by every test file. */
export async function prepareServers(
  { kafkaBroker, kafkaPid, postgresUrl, redisUrl, bi }: Omit<TestServers, 'logs'>,
  directory: string,
): Promise<TestServers> {
  const logs = join(directory, 'logs');
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  await Promise.all(OWNERS.map(async (owner) => {
    await createDatabase(postgresUrl, templateOf(owner));
    await migrate(owner, urlOfDatabase(postgresUrl, templateOf(owner)));
  }));
  return { kafkaBroker, kafkaPid, postgresUrl, redisUrl, bi, logs };
}

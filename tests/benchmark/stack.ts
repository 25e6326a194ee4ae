import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '@waggle/local-stack';
import { z } from 'zod';

const ROOT = join(import.meta.dirname, '../..');
const DIRECTORY = process.env['BENCHMARK_DIRECTORY'] ?? join(ROOT, '.waggle/benchmark');
const MAIN = join(ROOT, 'packages/local-stack/src/main.ts');

const stackFile = z.object({
  gateway: z.url(),
  kafka: z.string(),
  databases: z.object({ behavior: z.string(), dispatch: z.string(), event_log: z.string() }),
  workspace_id: z.string(),
  system_key: z.string(),
  servers: z.array(z.object({ name: z.string(), pid: z.number() })),
  services: z.array(z.object({ name: z.string(), pid: z.number(), url: z.url() })),
});

/** The local stack as `npm start` runs it, in a directory of its own, without limits. `BENCHMARK_DIRECTORY` puts it elsewhere: in memory no disk is measured. */
export async function startStack() {
  const limits = { INBOUND_LIMIT: '1000000', API_LIMIT_PER_MINUTE: '1000000' };
  const env = { ...process.env, ...limits, WAGGLE_DIRECTORY: DIRECTORY, WAGGLE_PORT: String(await freePort()), LOG_LEVEL: 'info' };
  rmSync(DIRECTORY, { recursive: true, force: true });
  const child = spawn(process.execPath, [MAIN, 'start', '--detach'], { stdio: ['ignore', 'ignore', 'inherit'], env });
  const exitCode = await new Promise((resolve) => child.once('exit', resolve));
  if (exitCode !== 0) throw new Error(`The stack did not start; see ${join(DIRECTORY, 'logs')}`);
  const stack = stackFile.parse(JSON.parse(readFileSync(join(DIRECTORY, 'stack.json'), 'utf8')));
  return {
    directory: DIRECTORY,
    kafka: stack.kafka,
    databases: stack.databases,
    workspaceId: stack.workspace_id,
    systemKey: stack.system_key,
    urlOf: (service: string) => stack.services.find(({ name }) => name === service)?.url ?? stack.gateway,
    processes: [...stack.servers, ...stack.services],
    stop() {
      spawnSync(process.execPath, [MAIN, 'stop'], { env });
      rmSync(DIRECTORY, { recursive: true, force: true });
    },
  };
}
export type BenchmarkStack = Awaited<ReturnType<typeof startStack>>;

export async function post(url: string, key: string, body: unknown): Promise<z.infer<typeof created>> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (response.status !== 201) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return created.parse(await response.json());
}
const created = z.looseObject({ id: z.union([z.string(), z.number()]).optional(), key_id: z.string().optional(), secret: z.string().optional() });

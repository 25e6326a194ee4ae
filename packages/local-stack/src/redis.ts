import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { askRedis } from './ask-redis.ts';
import { containerCommand } from './container.ts';
import { findRedis, REDIS_IMAGE } from './find-redis.ts';
import type { Installer } from './packages.ts';
import { startServer, type ServerProcess } from './server-process.ts';

interface RedisOptions {
  directory: string;
  logFile: string;
  port: number;
  installer: Installer;
  signal?: AbortSignal | undefined;
}

// Redis holds nothing that may not be lost: limits, replies and receipts.
const SETTINGS = ['--save', '', '--appendonly', 'no'];
/** All that is written has an end. When it is full, what was not asked for the longest goes before its time; else nothing would be kept for anybody until something ends. */
export const MEMORY = ['--maxmemory', '192mb', '--maxmemory-policy', 'volatile-lru'];

export async function startRedis({
  directory,
  logFile,
  port,
  installer,
  signal,
}: RedisOptions): Promise<{ server: ServerProcess | null; url: string; version: string }> {
  const found = await findRedis(installer);
  if (found.kind === 'address') return { server: null, url: found.url, version: 'from REDIS_URL' };
  const data = join(directory, 'redis');
  mkdirSync(data, { recursive: true });
  const command =
    found.kind === 'binary'
      ? { command: found.file, args: ['--bind', '127.0.0.1', '--port', String(port), '--dir', data, ...SETTINGS, ...MEMORY] }
      : containerCommand({
          image: REDIS_IMAGE,
          name: 'redis',
          directory,
          ports: [{ host: port, container: 6_379 }],
          args: ['redis-server', ...SETTINGS, ...MEMORY],
        });
  const url = `redis://127.0.0.1:${port}`;
  const isAnswering = () =>
    askRedis(url, ['PING']).then(
      (answer) => answer === 'PONG',
      () => false,
    );
  const server = await startServer({ name: 'redis', ...command, logFile, signal }, isAnswering);
  return { server, url, version: found.kind === 'binary' ? found.version : REDIS_IMAGE };
}

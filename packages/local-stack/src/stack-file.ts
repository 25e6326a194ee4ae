import { join } from 'node:path';
import { urlOfServiceDatabase, writeJson, type ServiceDatabase } from '@waggle/setup';
import type { DemoKeys } from './demo-workspace.ts';
import type { ServerProcess } from './server-process.ts';
import type { Servers } from './servers.ts';
import { urlOf, type Instance } from './services.ts';

export interface Stack {
  gatewayUrl: string;
  servers: Servers;
  databases: readonly ServiceDatabase[];
  /** The gateway among them. */
  services: readonly { instance: Instance; process: ServerProcess }[];
  demo: DemoKeys;
}

/** Tells tools what runs and how to reach it. Written anew whenever a process gets another pid. */
export function writeStackFile(directory: string, { gatewayUrl, servers, databases, services, demo }: Stack): void {
  writeJson(join(directory, 'stack.json'), {
    gateway: gatewayUrl,
    kafka: servers.kafkaBroker,
    databases: Object.fromEntries(databases.map((database) => [database.database, urlOfServiceDatabase(servers.postgresUrl, database)])),
    redis: servers.redisUrl,
    servers: servers.servers.map(({ name, pid }) => ({ name, pid })),
    bi: servers.bi,
    services: services.map(({ instance: { name, number, port, internalPort }, process: { pid } }) => {
      return { name, instance: number, pid, url: urlOf(port), internal_url: urlOf(internalPort) };
    }),
    ...demo,
  });
}

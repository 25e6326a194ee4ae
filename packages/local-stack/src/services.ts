import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { urlOfServiceDatabase, type Secrets, type ServiceDatabase } from '@waggle/setup';
import { ROOT } from './data-directory.ts';
import { startServer, type ServerProcess } from './server-process.ts';

const SERVICES = ['ingress', 'behavior-core', 'outbound-dispatcher', 'event-log'] as const;
type ServiceName = (typeof SERVICES)[number];
export type Scale = Record<ServiceName, number>;

export interface Instance {
  name: ServiceName | 'gateway';
  number: number;
  port: number;
  internalPort: number;
}

export const idOf = ({ name, number }: Pick<Instance, 'name' | 'number'>) => `${name}-${number}`;
export const urlOf = (port: number) => `http://127.0.0.1:${port}`;

/** `ingress=2,event-log=3`; what is not named runs once. */
export function parseScale(text: string): Scale {
  const scale: Scale = { ingress: 1, 'behavior-core': 1, 'outbound-dispatcher': 1, 'event-log': 1 };
  for (const part of text.split(',').filter((one) => one !== '')) {
    const [name = '', count = ''] = part.split('=');
    const service = SERVICES.find((one) => one === name);
    if (service === undefined) throw new Error(`--scale: there is no service ${name}; there are ${SERVICES.join(', ')}`);
    if (!/^[1-9]$/.test(count)) throw new Error(`--scale: ${part} is not <service>=<1 to 9>`);
    scale[service] = Number(count);
  }
  return scale;
}

export const namesOfInstances = (scale: Scale) =>
  SERVICES.flatMap((name) => Array.from({ length: scale[name] }, (_, index) => ({ name, number: index + 1 })));

export interface ServicesDeps {
  directory: string;
  instances: readonly Instance[];
  gatewayPort: number;
  servers: { kafkaBroker: string; redisUrl: string; postgresUrl: string };
  databases: readonly ServiceDatabase[];
  secrets: Secrets;
  signal: AbortSignal;
}

// Four services, a gateway and three servers share a small machine. With 256 MB of old space a backlog of some 100,000 records was worked off.
const NODE_FLAGS = ['--max-old-space-size=256', '--max-semi-space-size=16'];

/** Resolves once the service says that it is well. */
export function startService(instance: Instance, deps: ServicesDeps): Promise<ServerProcess> {
  const entry = join(ROOT, instance.name === 'gateway' ? 'packages' : 'services', instance.name, 'src/main.ts');
  if (!existsSync(entry)) throw new Error(`${entry} is missing: this is no whole clone`);
  const flags = [...NODE_FLAGS, ...(process.env['NODE_FLAGS']?.split(' ').filter((flag) => flag !== '') ?? [])];
  const command = {
    name: idOf(instance),
    command: process.execPath,
    args: [...flags, entry],
    logFile: join(deps.directory, 'logs', `${idOf(instance)}.log`),
    env: environmentOf(instance, deps),
    signal: deps.signal,
  };
  return startServer(command, () => isWell(`${urlOf(instance.internalPort)}/health`));
}

async function isWell(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false;
  }
}

/** What may be set from outside comes first, what belongs to this stack last. */
export function environmentOf(instance: Instance, deps: ServicesDeps): NodeJS.ProcessEnv {
  return {
    NODE_ENV: 'production',
    LOG_LEVEL: 'info',
    ...process.env,
    PORT: String(instance.port),
    INTERNAL_PORT: String(instance.internalPort),
    INSTANCE_ID: idOf(instance),
    PUBLIC_URL: `http://localhost:${deps.gatewayPort}`,
    // Not theirs: the whole server, with rights that no service has.
    POSTGRES_URL: undefined,
    ...(instance.name === 'gateway' ? forGateway(deps) : forService(instance, deps)),
  };
}

const urlsOf = (instances: readonly Instance[], name: string, port: 'port' | 'internalPort') =>
  instances.filter((one) => one.name === name).map((one) => urlOf(one[port]));

function forGateway({ instances }: ServicesDeps): NodeJS.ProcessEnv {
  return { UPSTREAMS: JSON.stringify(Object.fromEntries(SERVICES.map((name) => [name, urlsOf(instances, name, 'port')]))) };
}

function forService({ name }: Instance, { instances, servers, databases, secrets }: ServicesDeps): NodeJS.ProcessEnv {
  const database = databases.find(({ service }) => service === name);
  return {
    // Receivers on this machine are the ones that a developer has.
    ALLOW_INSECURE_ENDPOINTS: process.env['ALLOW_INSECURE_ENDPOINTS'] ?? 'true',
    EGRESS_ALLOW_CIDRS: process.env['EGRESS_ALLOW_CIDRS'] ?? '127.0.0.0/8',
    // Every name that a silent name server holds up takes a thread, and Node reads this before any code of the service runs.
    ...(name === 'outbound-dispatcher' && { UV_THREADPOOL_SIZE: '64' }),
    KAFKA_BROKERS: servers.kafkaBroker,
    REDIS_URL: servers.redisUrl,
    DATABASE_URL: database && urlOfServiceDatabase(servers.postgresUrl, database),
    INTERNAL_TOKEN: secrets.internalToken,
    OPERATION_SECRET: secrets.operationSecret,
    ENCRYPTION_KEYS: secrets.encryptionKeys,
    CORE_INTERNAL_URLS: urlsOf(instances, 'behavior-core', 'internalPort').join(','),
    DISPATCHER_INTERNAL_URLS: urlsOf(instances, 'outbound-dispatcher', 'internalPort').join(','),
  };
}

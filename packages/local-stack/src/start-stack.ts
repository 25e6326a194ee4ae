import { join } from 'node:path';
import { openSecrets, serviceDatabases, setupStack, urlOfServiceDatabase, type ServiceDatabase } from '@waggle/setup';
import { openDemoWorkspace, type DemoKeys } from './demo-workspace.ts';
import { playDemo } from './play-demo.ts';
import { describeOwner } from './port-owner.ts';
import { isFree, rememberPorts } from './ports.ts';
import { recordProcesses } from './running-stack.ts';
import type { ServerProcess } from './server-process.ts';
import { startServers, type Servers } from './servers.ts';
import { idOf, namesOfInstances, startService, type Instance, type Scale, type ServicesDeps } from './services.ts';
import { writeStackFile } from './stack-file.ts';
import { createSupervisor, type Supervisor } from './supervisor.ts';
import { tellStory } from './tell-story.ts';

interface StackOptions {
  directory: string;
  scale: Scale;
  gatewayPort: number;
  report(line: string): void;
  /** Ends the start, or what was started. */
  signal: AbortSignal;
}

/** Starts all of it in order, plays the demo and keeps every process running until the signal comes; then stops in reverse order. */
export async function runStack(options: StackOptions, onReady: () => void): Promise<void> {
  const { directory, report, signal } = options;
  let refresh: (() => void) | undefined; // a process may end before all of them run
  const supervisor = createSupervisor({ report, onRestart: () => refresh?.() });
  try {
    await assertPortIsFree(options.gatewayPort);
    const remember = () => recordProcesses(directory, supervisor.processes());
    const { servers, services, databases } = await startProcesses(options, supervisor, remember);
    const gatewayUrl = `http://localhost:${options.gatewayPort}`;
    const demo = await showDemo({ ...options, gatewayUrl, databases, servers });
    refresh = () => {
      remember();
      writeStackFile(directory, { gatewayUrl, servers, databases, services, demo });
    };
    refresh();
    onReady();
    await new Promise((resolve) => (signal.aborted ? resolve(null) : signal.addEventListener('abort', resolve, { once: true })));
  } finally {
    await supervisor.stop();
  }
}

/** The stack is not up before its main job has been done once. */
async function showDemo({
  directory,
  gatewayUrl,
  databases,
  servers,
  ...options
}: StackOptions & { gatewayUrl: string; databases: readonly ServiceDatabase[]; servers: Servers }): Promise<DemoKeys> {
  const { report, signal } = options;
  const behavior = databases.find(({ service }) => service === 'behavior-core');
  if (behavior === undefined) throw new Error('behavior-core has no database');
  try {
    const keys = await openDemoWorkspace({
      directory,
      gatewayUrl,
      behaviorUrl: urlOfServiceDatabase(servers.postgresUrl, behavior),
      signal,
    });
    report(tellStory(await playDemo(keys, { gatewayUrl, signal }), keys, { gatewayUrl, directory }));
    return keys;
  } catch (error) {
    throw new Error(`The demo failed. Why is in the services' logs: ${join(directory, 'logs')}`, { cause: error });
  }
}

async function assertPortIsFree(port: number) {
  if (await isFree(port)) return;
  throw new Error(
    `Port ${port}, which the gateway needs, is taken by ${await describeOwner(port)}.\nEnd that program, or choose another port: WAGGLE_PORT=${port + 1} npm start`,
  );
}

async function startProcesses(options: StackOptions, supervisor: Supervisor, remember: () => void) {
  const { directory, report, signal } = options;
  const step = stepper(report);
  const servers = await startServers(directory, { report, signal });
  supervisor.add(servers.servers);
  remember();
  const { kafka, postgres, redis } = servers.versions;
  step(`Kafka ${kafka}, PostgreSQL ${postgres}, Redis ${redis}`);

  const secrets = openSecrets(join(directory, 'secrets.json'));
  const databases = serviceDatabases(secrets);
  await setupStack({
    postgresUrl: servers.postgresUrl,
    databases,
    kafkaBrokers: servers.kafkaBroker,
    biUser: servers.bi?.username ?? null,
  });
  step('databases, migrations, topics, access rules');

  const [gateway, ...instances] = await planInstances(options);
  const deps: ServicesDeps = { directory, instances, gatewayPort: options.gatewayPort, servers, databases, secrets, signal };
  const started = await startTogether(instances, deps);
  supervisor.add(started);
  remember();
  step(instances.map(idOf).join(', '));

  const front = await startService(gateway, deps);
  supervisor.add([front]);
  remember();
  step(`gateway on http://localhost:${options.gatewayPort}`);
  const services = [gateway, ...instances].map((instance, index) => ({ instance, process: [front, ...started][index] ?? front }));
  return { servers, services, databases };
}

function stepper(report: (line: string) => void) {
  let since = Date.now();
  return (what: string) => {
    report(`  ${((Date.now() - since) / 1_000).toFixed(1).padStart(5)} s  ${what}`);
    since = Date.now();
  };
}

/** The gateway and every service instance with their ports: each service is told the others' before they run. */
async function planInstances({ directory, scale, gatewayPort }: StackOptions): Promise<[Instance, ...Instance[]]> {
  const named = namesOfInstances(scale);
  const names = named.flatMap((one) => [idOf(one), `${idOf(one)}-internal`]);
  const portOf = await rememberPorts(join(directory, 'ports.json'), ['gateway-internal', ...names]);
  const gateway: Instance = { name: 'gateway', number: 1, port: gatewayPort, internalPort: portOf('gateway-internal') };
  return [gateway, ...named.map((one) => ({ ...one, port: portOf(idOf(one)), internalPort: portOf(`${idOf(one)}-internal`) }))];
}

/** When one cannot start, the others are stopped: they are in nobody's hands yet. */
async function startTogether(instances: readonly Instance[], deps: ServicesDeps): Promise<ServerProcess[]> {
  const failing = new AbortController();
  const signal = AbortSignal.any([deps.signal, failing.signal]);
  const starting = instances.map(async (instance) => startService(instance, { ...deps, signal }));
  try {
    return await Promise.all(starting);
  } catch (error) {
    failing.abort(error);
    const outcomes = await Promise.allSettled(starting);
    await Promise.all(outcomes.map(async (outcome) => outcome.status === 'fulfilled' && outcome.value.stop()));
    throw error;
  }
}

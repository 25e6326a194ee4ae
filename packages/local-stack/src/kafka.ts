import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { containerCommand } from './container.ts';
import { findKafka, kafkaImage, type Java } from './find-kafka.ts';
import { kafkaProperties, type KafkaPorts } from './kafka-properties.ts';
import type { Installer } from './packages.ts';
import { runCommand } from './run-command.ts';
import { startServer, type ServerProcess } from './server-process.ts';

const LOG_SETTINGS = new URL('../../../infra/log4j2.yaml', import.meta.url).pathname;
export const BI_USER = 'bi';

interface KafkaOptions {
  directory: string;
  logFile: string;
  ports: KafkaPorts;
  biPassword: string;
  /** Ready sooner, slower under load: for tests. */
  isShortLived: boolean;
  installer: Installer;
  signal?: AbortSignal | undefined;
}

interface StartedKafka {
  server: ServerProcess | null;
  brokers: string;
  /** Where the read-only user comes in; null for a broker that is not ours. */
  externalBrokers: string | null;
  version: string;
}

/** A KRaft broker of one node, with a second listener on which the user `bi` logs in. */
export async function startKafka(options: KafkaOptions): Promise<StartedKafka> {
  const found = await findKafka(options.installer);
  if (found.kind === 'address') return { server: null, brokers: found.brokers, externalBrokers: null, version: 'from KAFKA_BROKERS' };
  const data = join(options.directory, 'kafka');
  mkdirSync(data, { recursive: true });
  const server = found.kind === 'jars' ? await startFromJars(found, { ...options, data }) : await startInContainer({ ...options, data });
  const { internal, external } = options.ports;
  return {
    server,
    brokers: `127.0.0.1:${internal}`,
    externalBrokers: `127.0.0.1:${external}`,
    version: found.kind === 'jars' ? found.version : kafkaImage(),
  };
}

type Place = KafkaOptions & { data: string };

async function startFromJars({ folder, java }: { folder: string; java: Java }, place: Place): Promise<ServerProcess> {
  const { data, ports, logFile, installer, signal } = place;
  const [properties, logDirectory] = [join(data, 'server.properties'), join(data, 'logs')];
  writeFileSync(properties, kafkaProperties({ listenHost: '127.0.0.1', ports, logDirectory }), { mode: 0o600 });
  // Named one by one: the class archive is only good for the same order, which a wildcard does not promise.
  const classPath = readdirSync(folder)
    .filter((name) => name.endsWith('.jar'))
    .toSorted()
    .map((name) => join(folder, name))
    .join(':');
  if (!existsSync(join(logDirectory, 'meta.properties')))
    await runCommand(java.file, ['-cp', classPath, 'kafka.tools.StorageTool', ...formatArguments(place, properties)], { signal });
  const archive = classArchive(installer, [java.description, classPath]);
  const flags = [
    ...HEAP,
    ...(place.isShortLived ? ['-XX:TieredStopAtLevel=1'] : []),
    archive.flag,
    `-Dlog4j2.configurationFile=${LOG_SETTINGS}`,
  ];
  const command = {
    name: 'kafka',
    command: java.file,
    args: [...flags, '-cp', classPath, 'kafka.Kafka', properties],
    env: { MALLOC_ARENA_MAX: '2' },
  };
  return startServer({ ...command, logFile, signal, afterStop: () => keepArchive(archive) }, ports.internal);
}

const HEAP = ['-Xms64m', '-Xmx256m', '-XX:+UseSerialGC', '-Xss512k', '-XX:ReservedCodeCacheSize=64m', '-Xlog:disable', '-Xlog:all=error'];

function formatArguments({ biPassword }: Place, properties: string) {
  return [
    'format',
    '--ignore-formatted',
    '-t',
    clusterId(),
    '-c',
    properties,
    '--add-scram',
    `SCRAM-SHA-512=[name=${BI_USER},password=${biPassword}]`,
  ];
}

/** 16 random bytes as Kafka writes them; one that begins with a dash would be read as an option. */
function clusterId(): string {
  const id = randomBytes(16).toString('base64url');
  return id.startsWith('-') ? clusterId() : id;
}

interface ClassArchive {
  file: string;
  /** Where this run records it, or null if it is there. */
  recording: string | null;
  flag: string;
}

/** Classes as the JVM has them after loading, kept in a file: half of the start's time. The first run that ends in order writes it. */
function classArchive({ cache }: Installer, key: readonly string[]): ClassArchive {
  const folder = join(cache, 'kafka-classes');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${createHash('sha256').update(key.join('\n')).digest('hex').slice(0, 16)}.jsa`);
  if (existsSync(file)) return { file, recording: null, flag: `-XX:SharedArchiveFile=${file}` };
  const recording = `${file}.${process.pid}.tmp`;
  return { file, recording, flag: `-XX:ArchiveClassesAtExit=${recording}` };
}

/** Only a whole archive gets the name under which it is looked for. */
function keepArchive({ file, recording }: ClassArchive) {
  if (recording !== null && existsSync(recording)) renameSync(recording, file);
}

function startInContainer(place: Place): Promise<ServerProcess> {
  const { data, ports, directory, logFile, signal } = place;
  writeFileSync(join(data, 'server.properties'), kafkaProperties({ listenHost: '0.0.0.0', ports, logDirectory: '/data/logs' }), {
    mode: 0o600,
  });
  const format = ['/opt/kafka/bin/kafka-storage.sh', ...formatArguments(place, '/data/server.properties')]
    .map((word) => `'${word}'`)
    .join(' ');
  const command = containerCommand({
    image: kafkaImage(),
    name: 'kafka',
    directory,
    ports: [ports.internal, ports.external].map((port) => ({ host: port, container: port })),
    volumes: [`${data}:/data`],
    env: { KAFKA_HEAP_OPTS: '-Xms64m -Xmx256m', LOG_DIR: '/tmp/kafka-logs' },
    entrypoint: 'sh',
    account: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
    args: ['-c', `${format} && exec /opt/kafka/bin/kafka-server-start.sh /data/server.properties`],
  });
  return startServer({ name: 'kafka', ...command, logFile, signal }, ports.internal);
}

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { whyNoDocker } from './container.ts';
import { findFirst, UnfitServer, type Source } from './find-first.ts';
import { cachedFolder, installDebianPackages, runMaven, whyNoDebianPackages, whyNoMaven, type Installer } from './packages.ts';
import { findOnPath, isExecutable, tryCommand } from './run-command.ts';
import { isListening } from './server-process.ts';
import { isAtLeast, parseVersion, showVersion } from './versions.ts';

const FLOOR = [4, 1];
const JAVA_FLOOR = [17];
const POM = new URL('../../../infra/kafka-pom.xml', import.meta.url).pathname;

const kafkaVersion = () => process.env['KAFKA_VERSION'] ?? '4.3.1';
export const kafkaImage = () => `apache/kafka:${kafkaVersion()}`;

export interface Java {
  file: string;
  /** All that `java -version` says: a class archive is good for exactly this one. */
  description: string;
}

type Kafka = { kind: 'address'; brokers: string } | { kind: 'jars'; folder: string; version: string; java: Java } | { kind: 'container' };
type Missing = { missing: string };

export function findKafka(installer: Installer): Promise<Kafka> {
  const what = `Kafka ${showVersion(FLOOR)} or newer`;
  const advice =
    'install Java 17 and Maven (Debian and Ubuntu: apt-get install openjdk-17-jre-headless maven), or set KAFKA_BROKERS to the address of a running broker, or start Docker';
  return findFirst({ what, advice }, kafkaSources(installer));
}

function kafkaSources(installer: Installer): Source<Kafka>[] {
  return [
    { name: 'an address in KAFKA_BROKERS', find: checkAddress },
    { name: 'jars in KAFKA_LIBS, or kept from an earlier start', find: () => findJars(installer) },
    { name: 'Maven package org.apache.kafka:kafka_2.13', find: () => downloadJars(installer) },
    { name: `Docker image ${kafkaImage()}`, find: async () => refusal(await whyNoDocker()) ?? { kind: 'container' } },
  ];
}

const refusal = (missing: string | null): Missing | null => (missing === null ? null : { missing });

async function checkAddress(): Promise<Kafka | Missing> {
  const brokers = process.env['KAFKA_BROKERS'];
  if (brokers === undefined) return { missing: 'not set' };
  const answers = await Promise.all(brokers.split(',').map((address) => isListening(Number(address.split(':')[1]), address.split(':')[0])));
  if (!answers.includes(true)) throw new UnfitServer(`KAFKA_BROKERS is set, but nobody listens at ${brokers}`);
  return { kind: 'address', brokers };
}

const cachedName = () => `kafka-${kafkaVersion()}/libs`;

async function findJars(installer: Installer): Promise<Kafka | Missing> {
  const folder = process.env['KAFKA_LIBS'] ?? join(installer.cache, cachedName());
  if (!existsSync(folder)) return unfitJars(folder, 'no such folder');
  const jar = readdirSync(folder).find((name) => /^kafka_2\.\d+-[\d.]+\.jar$/.test(name));
  const version = parseVersion(jar?.split('-')[1] ?? '');
  if (version === null || !isAtLeast(version, FLOOR))
    return unfitJars(folder, version === null ? 'no kafka_2.13 jar in it' : `Kafka ${showVersion(version)}, too old`);
  const java = (await findJava()) ?? (whyNoDebianPackages() === null ? await installJava(installer) : null);
  return java === null ? { missing: await whyNoJava() } : { kind: 'jars', folder, version: showVersion(version), java };
}

function unfitJars(folder: string, found: string): Missing {
  if (process.env['KAFKA_LIBS'] === folder)
    throw new UnfitServer(
      `KAFKA_LIBS is set to ${folder}: ${found}; a folder with the jars of Kafka ${showVersion(FLOOR)} or newer is needed`,
    );
  return { missing: `${folder}: ${found}` };
}

async function downloadJars(installer: Installer): Promise<Kafka | Missing> {
  const canInstall = whyNoDebianPackages() === null;
  if ((await findJava()) === null && canInstall) await installJava(installer);
  if (whyNoMaven() !== null && canInstall) await installDebianPackages(installer, [['maven']]);
  const missing = [(await findJava()) === null ? await whyNoJava() : null, whyNoMaven()].filter((reason) => reason !== null);
  if (missing.length > 0) return { missing: missing.join('; ') };
  await cachedFolder(installer, { name: cachedName(), what: `Kafka ${kafkaVersion()} from Maven Central` }, (folder) => {
    const goal = [
      'dependency:copy-dependencies',
      '-DincludeScope=runtime',
      `-Dkafka.version=${kafkaVersion()}`,
      `-DoutputDirectory=${folder}`,
    ];
    return runMaven(installer, ['-f', POM, ...goal], folder);
  });
  return findJars(installer);
}

async function installJava(installer: Installer): Promise<Java | null> {
  await installDebianPackages(installer, [['openjdk-17-jre-headless', 'openjdk-21-jre-headless', 'openjdk-25-jre-headless']]);
  return findJava();
}

async function findJava(): Promise<Java | null> {
  const found = await describeJavas();
  return found.find(({ version }) => isAtLeast(version, JAVA_FLOOR)) ?? null;
}

async function whyNoJava(): Promise<string> {
  const found = await describeJavas();
  const present =
    found.length === 0 ? 'none was found' : `found ${found.map(({ file, version }) => `${showVersion(version)} as ${file}`).join(', ')}`;
  return `Java ${showVersion(JAVA_FLOOR)} or newer is needed, ${present}`;
}

async function describeJavas() {
  const home = process.env['JAVA_HOME'];
  const root = '/usr/lib/jvm';
  const packaged = existsSync(root) ? readdirSync(root).map((name) => join(root, name, 'bin/java')) : [];
  const files = [home === undefined ? null : join(home, 'bin/java'), findOnPath('java'), ...packaged]
    .filter((file) => file !== null)
    .filter(isExecutable);
  const described = await Promise.all(
    [...new Set(files)].map(async (file) => ({ file, description: (await tryCommand(file, ['-version'])) ?? '' })),
  );
  return described.flatMap((java) => {
    const version = parseVersion(/version "([\d.]+)/.exec(java.description)?.[1] ?? '');
    return version === null ? [] : [{ ...java, version }];
  });
}

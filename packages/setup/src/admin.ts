import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { KafkaSettings } from '@waggle/kafka';
import { CONSUMING_SERVICES, findDeadLetters, redriveDeadLetters, withoutContent, type ConsumingService, type DeadLetter, type Selection } from './dead-letters.ts';
import { readJson } from './json-file.ts';
import { REPOSITORY } from './repository.ts';

// `npm run admin -- <command>`, and in containers `setup admin <command>`. Commands about data belong to the service that owns it and run there; those about Kafka are here.
// Exit codes: 0 done, 1 failed, 2 not understood. Results are on stdout, one JSON object per line.
const USAGE = `usage: admin dead-letters list [--service <name>] [--reason <word>]     what was set aside, oldest first; counts per service and reason on stderr
       admin dead-letters show <id>…                                  with value and headers
       admin dead-letters redrive <id>… | --all [--service <name>] [--reason <word>]
                                                                      puts originals back where they came from, each once
       admin event-log <command>                                      of the event log: without arguments it says which
       admin <command>                                                of the core: create-workspace, list-workspaces, create-key, create-portal-session, audit-log`;

const [group, ...rest] = process.argv.slice(2);
const environment = withStackFile(process.env);

if (group === 'dead-letters') await deadLetters(rest);
else if (group === 'event-log') handOn('services/event-log/src/admin.ts', rest, environment.eventLogUrl);
else if (group === undefined) misunderstood('Which command?');
else if (group === '--help' || group === '-h') console.log(USAGE);
else handOn('services/behavior-core/src/admin.ts', process.argv.slice(2), environment.behaviorUrl);

async function deadLetters(args: readonly string[]) {
  const { positionals: [command, ...ids], values } = readArguments(args);
  const services = values.service === undefined ? CONSUMING_SERVICES : CONSUMING_SERVICES.filter((name) => name === values.service);
  if (services.length === 0) misunderstood(`There is no service ${values.service}`);
  const kafka = { brokers: (environment.kafka ?? misunderstood('KAFKA_BROKERS is not set')).split(','), clientId: 'admin', prefix: process.env['KAFKA_PREFIX'] ?? '' };
  if (command === 'list') await list(kafka, { services, reason: values.reason });
  else if (command === 'show') await show(kafka, { services: servicesOf(ids), ids });
  else if (command !== 'redrive') misunderstood('list, show or redrive?');
  else if ((ids.length > 0) === values.all) misunderstood('Name ids, or --all');
  else await redrive(kafka, ids.length > 0 ? { services: servicesOf(ids), ids } : { services, reason: values.reason });
}

async function list(kafka: KafkaSettings, selection: Selection) {
  const found = await findDeadLetters(kafka, selection);
  for (const letter of found) console.log(JSON.stringify(withoutContent(letter)));
  const waiting = Map.groupBy(found.filter(({ redriven_at: at }) => at === null), ({ service, reason }) => `${service} ${reason}`);
  for (const [name, of] of waiting) console.error(`${name}: ${of.length} waiting`);
}

async function show(kafka: KafkaSettings, selection: Selection) {
  const found = await findDeadLetters(kafka, selection);
  for (const letter of found) console.log(JSON.stringify({ ...letter, bytes: undefined }));
  failWithout(found, selection.ids, 'is not there');
}

async function redrive(kafka: KafkaSettings, selection: Selection) {
  const redriven = await redriveDeadLetters(kafka, selection);
  for (const letter of redriven) console.log(JSON.stringify(letter));
  failWithout(redriven, selection.ids, 'is not there, or was put back before');
}

function failWithout(letters: readonly DeadLetter[], ids: readonly string[] = [], complaint: string) {
  for (const id of ids.filter((named) => !letters.some((letter) => letter.id === named))) {
    console.error(`${id} ${complaint}`);
    process.exitCode = 1;
  }
}

function readArguments(args: readonly string[]) {
  try {
    const options = { service: { type: 'string' }, reason: { type: 'string' }, all: { type: 'boolean', default: false } } as const;
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    return misunderstood(error instanceof Error ? error.message : String(error));
  }
}

function servicesOf(ids: readonly string[]): ConsumingService[] {
  const strange = ids.find((id) => !/^[a-z-]+:\d+:\d+$/.test(id) || !CONSUMING_SERVICES.some((service) => id.startsWith(`${service}:`)));
  if (ids.length === 0 || strange !== undefined) misunderstood(strange === undefined ? 'Name ids' : `${strange} is not the id of a dead letter`);
  return CONSUMING_SERVICES.filter((service) => ids.some((id) => id.startsWith(`${service}:`)));
}

/** What the environment does not say is that of the stack which `npm start` runs here. */
function withStackFile(env: NodeJS.ProcessEnv) {
  const stackFile = z.object({ kafka: z.string(), databases: z.record(z.string(), z.string()) });
  const { data: stack } = stackFile.safeParse(readJson(join(env['WAGGLE_DIRECTORY'] ?? join(REPOSITORY, '.waggle'), 'stack.json')));
  const databaseUrl = env['DATABASE_URL'];
  return {
    kafka: env['KAFKA_BROKERS'] ?? stack?.kafka,
    behaviorUrl: databaseUrl ?? stack?.databases['behavior'],
    eventLogUrl: env['EVENT_LOG_DATABASE_URL'] ?? databaseUrl ?? stack?.databases['event_log'],
  };
}

function handOn(script: string, args: readonly string[], databaseUrl: string | undefined) {
  const env = { ...process.env, ...(environment.kafka !== undefined && { KAFKA_BROKERS: environment.kafka }), ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }) };
  spawn(process.execPath, [...process.execArgv, join(REPOSITORY, script), ...args], { stdio: 'inherit', env }).once('exit', (code) => (process.exitCode = code ?? 1));
}

function misunderstood(problem: string): never {
  console.error(`${problem}\n\n${USAGE}`);
  process.exit(2);
}

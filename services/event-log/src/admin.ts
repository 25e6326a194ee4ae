import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { parseArgs } from 'node:util';
import { readTopic } from '@waggle/kafka';
import { createLogger } from '@waggle/runtime';
import pg from 'pg';
import { exportLog } from './adapters/export-log.ts';
import { rebuildLog } from './adapters/rebuild-log.ts';

// The operator's commands of the log: `npm run admin -- event-log …`. Exit codes: 0 done, 1 failed or refused, 2 not understood.
const USAGE = `usage: admin event-log export --to <file>                          every event of every workspace, as NDJSON
       admin event-log rebuild --from <file> [--workspace <id>] [--trial]
                                                    a new log from that file (or one workspace's GET /v1/events/export) and Kafka;
                                                    refuses what would be worse than the log, --trial only compares
DATABASE_URL names the event log's database, KAFKA_BROKERS the brokers.`;

function misunderstood(problem: string): never {
  console.error(`${problem}\n\n${USAGE}`);
  process.exit(2);
}

function readArguments() {
  try {
    const options = { to: { type: 'string' }, from: { type: 'string' }, workspace: { type: 'string' }, trial: { type: 'boolean', default: false } } as const;
    return parseArgs({ allowPositionals: true, options });
  } catch (error) {
    return misunderstood(error instanceof Error ? error.message : String(error));
  }
}

const { values, positionals: [command, ...others] } = readArguments();
if ((command !== 'export' && command !== 'rebuild') || others.length > 0) misunderstood('export or rebuild?');
if (command === 'export' ? values.to === undefined : values.from === undefined) misunderstood(command === 'export' ? '--to names no file' : '--from names no file');
const client = new pg.Client({ connectionString: process.env['DATABASE_URL'] ?? misunderstood('DATABASE_URL is not set'), application_name: 'admin' });

async function exportTo(file: string) {
  const stream = createWriteStream(file, { mode: 0o600 });
  const count = await exportLog(client, async (lines) => {
    if (!stream.write(lines)) await once(stream, 'drain');
  });
  stream.end();
  await once(stream, 'finish');
  console.log(`${count} events are in ${file}`);
}

function rebuildFrom(file: string) {
  const brokers = (process.env['KAFKA_BROKERS'] ?? misunderstood('KAFKA_BROKERS is not set')).split(',');
  const kafka = { brokers, clientId: 'event-log', prefix: process.env['KAFKA_PREFIX'] ?? '' };
  const logger = createLogger('event-log', 'silent');
  return rebuildLog({ client, report: (line) => console.log(line), readTopic: (reading) => readTopic(kafka, logger, reading) }, { file, workspaceId: values.workspace, isTrial: values.trial });
}

try {
  await client.connect();
  await (command === 'export' ? exportTo(values.to ?? '') : rebuildFrom(values.from ?? ''));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
} finally {
  await client.end();
}

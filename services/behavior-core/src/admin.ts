import { parseArgs } from 'node:util';
import { openDatabase } from '@waggle/database';
import { parseCommand, runCommand, USAGE } from './operator.ts';

// Exit codes: 0 done, 1 failed, 2 not understood. What was done is on stdout, one JSON object per line; all else on stderr.

const options = { name: { type: 'string' }, workspace: { type: 'string' }, label: { type: 'string' }, user: { type: 'string' }, limit: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const;

const misunderstood = (problem: string): never => {
  console.error(`${problem}\n\n${USAGE}`);
  process.exit(2);
};

function readArguments(): ReturnType<typeof parseArgs<{ allowPositionals: true; options: typeof options }>> {
  try {
    return parseArgs({ allowPositionals: true, options });
  } catch (error) {
    return misunderstood(error instanceof Error ? error.message : String(error));
  }
}

const { values, positionals } = readArguments();
if (values.help === true) {
  console.log(USAGE);
  process.exit(0);
}
const parsed = parseCommand(positionals, values);
const command = 'problem' in parsed ? misunderstood(parsed.problem) : parsed;
const url = process.env['DATABASE_URL'] ?? misunderstood('DATABASE_URL is not set');
const publicUrl = process.env['PUBLIC_URL'] ?? 'http://localhost:8080';

const database = openDatabase({ url, connectionsMax: 1, timeoutMs: 2_500, name: 'admin' });
try {
  await database.start(() => {});
  for (const line of await runCommand(database.pool, command, publicUrl)) console.log(JSON.stringify(line));
} catch (error) {
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  console.error(cause instanceof Error && cause.message !== '' ? `${message}: ${cause.message}` : message);
  process.exitCode = 1;
} finally {
  await database.stop();
}

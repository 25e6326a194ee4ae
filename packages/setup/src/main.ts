import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { z } from 'zod';
import { serviceDatabases, urlOfServiceDatabase } from './databases.ts';
import { handOutSecrets } from './hand-out-secrets.ts';
import { openSecrets } from './secrets.ts';
import { setupStack } from './setup-stack.ts';

// What runs in containers before the services do, and beside them when an operator asks for it. docker-compose.yml calls it.
const USAGE = `usage: setup secrets            makes the secrets that are missing and gives each container its own
       setup apply              databases, roles, migrations, topics, access rules
       setup bi-password        of the read-only Kafka user
       setup admin <command>    an operator's command: create-workspace --name <name>, dead-letters list, …`;

const environment = z.object({
  /** Where all secrets are kept, as one file. */
  SECRETS_FILE: z.string().default('/run/waggle/setup/secrets.json'),
  /** A folder for each reader lies in it. */
  SECRETS_DIRECTORY: z.string().default('/run/waggle'),
  POSTGRES_ADDRESS: z.string().default('postgres:5432'),
  KAFKA_BROKERS: z.string().default('kafka:9092'),
  BI_USER: z.string().default('bi'),
});

const settings = environment.parse(process.env);
const [command, ...rest] = process.argv.slice(2);

const superuserUrl = (password: string) => `postgres://postgres:${password}@${settings.POSTGRES_ADDRESS}/postgres`;

async function apply() {
  const secrets = openSecrets(settings.SECRETS_FILE);
  const databases = serviceDatabases(secrets);
  const postgresUrl = superuserUrl(secrets.postgresPassword);
  await setupStack({ postgresUrl, databases, kafkaBrokers: settings.KAFKA_BROKERS, biUser: settings.BI_USER });
  console.log(`databases, migrations, topics and access rules are in place: ${databases.map(({ database }) => database).join(', ')}`);
}

function secretsForAll() {
  handOutSecrets(settings.SECRETS_DIRECTORY, { file: settings.SECRETS_FILE, postgresAddress: settings.POSTGRES_ADDRESS });
}

function admin(args: readonly string[]) {
  const secrets = openSecrets(settings.SECRETS_FILE);
  const urls = Object.fromEntries(serviceDatabases(secrets).map((one) => [one.service, urlOfServiceDatabase(superuserUrl(secrets.postgresPassword), one)]));
  const env = { ...process.env, DATABASE_URL: urls['behavior-core'], EVENT_LOG_DATABASE_URL: urls['event-log'], KAFKA_BROKERS: settings.KAFKA_BROKERS };
  spawn(process.execPath, [join(import.meta.dirname, 'admin.ts'), ...args], { stdio: 'inherit', env }).once('exit', (code) => (process.exitCode = code ?? 1));
}

if (command === 'secrets') secretsForAll();
else if (command === 'apply') await apply();
else if (command === 'bi-password') console.log(openSecrets(settings.SECRETS_FILE).biPassword);
else if (command === 'admin') admin(rest);
else {
  console.error(USAGE);
  process.exitCode = 2;
}

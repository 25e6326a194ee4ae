import { chmodSync, chownSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serviceDatabases, urlOfServiceDatabase } from './databases.ts';
import { openSecrets, type Secrets } from './secrets.ts';

/** The user `node` of the services' images. */
const NODE = 1000;
/** The user `postgres` of its image, whose entry point reads as root or as that user. */
const POSTGRES = 999;

interface Reader {
  folder: string;
  uid: number;
  files: Readonly<Record<string, string>>;
}

/**
 * A folder per container in `directory` (a volume each), with a file per secret that only its reader may read; overwrites what is there.
 * `file` has them all; it is made if it is missing, and the set-up job alone may read it.
 */
export function handOutSecrets(directory: string, { file, postgresAddress }: { file: string; postgresAddress: string }): void {
  const secrets = openSecrets(file);
  chownSync(file, NODE, NODE);
  for (const { folder, uid, files } of readersOf(secrets, postgresAddress)) {
    const place = join(directory, folder);
    mkdirSync(place, { recursive: true });
    for (const [name, value] of Object.entries(files)) writeSecret(join(place, name), value, uid);
    chownSync(place, uid, uid);
    chmodSync(place, 0o500);
  }
}

/** Who gets what: a service finds each under `<NAME>_FILE`. */
function readersOf(secrets: Secrets, postgresAddress: string): Reader[] {
  const { internalToken: INTERNAL_TOKEN, operationSecret: OPERATION_SECRET, encryptionKeys: ENCRYPTION_KEYS } = secrets;
  const urls = Object.fromEntries(
    serviceDatabases(secrets).map((one) => [one.service, urlOfServiceDatabase(`postgres://${postgresAddress}/`, one)]),
  );
  const databaseUrl = (service: string) => ({ DATABASE_URL: urls[service] ?? '' });
  return [
    { folder: 'postgres', uid: POSTGRES, files: { POSTGRES_PASSWORD: secrets.postgresPassword } },
    // As kafka-configs.sh reads it, by the user `appuser` of Kafka's image.
    { folder: 'kafka', uid: NODE, files: { BI_USER: `SCRAM-SHA-512=iterations=4096,password=${secrets.biPassword}\n` } },
    { folder: 'ingress', uid: NODE, files: { INTERNAL_TOKEN, OPERATION_SECRET } },
    { folder: 'behavior-core', uid: NODE, files: { INTERNAL_TOKEN, OPERATION_SECRET, ENCRYPTION_KEYS, ...databaseUrl('behavior-core') } },
    { folder: 'outbound-dispatcher', uid: NODE, files: { INTERNAL_TOKEN, OPERATION_SECRET, ENCRYPTION_KEYS, ...databaseUrl('outbound-dispatcher') } },
    { folder: 'event-log', uid: NODE, files: { INTERNAL_TOKEN, ...databaseUrl('event-log') } },
  ];
}

/** As a whole: a container that starts meanwhile finds the old one or the new one. */
function writeSecret(file: string, value: string, uid: number): void {
  const draft = `${file}.draft`;
  writeFileSync(draft, value, { mode: 0o400 });
  chownSync(draft, uid, uid);
  renameSync(draft, file);
}

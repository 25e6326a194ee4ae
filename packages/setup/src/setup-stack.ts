import { urlOfServiceDatabase, type ServiceDatabase } from './databases.ts';
import { hasMigrations, migrate } from './migrate.ts';
import { setupDatabases } from './setup-databases.ts';
import { allowReadingForBi, applyTopics } from './topics.ts';

interface SetupDeps {
  postgresUrl: string;
  databases: readonly ServiceDatabase[];
  kafkaBrokers: string;
  /** Null where the broker is somebody else's: its access rules are then not ours to set. */
  biUser: string | null;
}

/** Databases, roles, migrations, topics and access rules. Repeatable; what is done already costs little. */
export async function setupStack({ postgresUrl, databases, kafkaBrokers, biUser }: SetupDeps): Promise<void> {
  await Promise.all([setupPostgres(postgresUrl, databases), setupKafka(kafkaBrokers, biUser)]);
}

async function setupPostgres(postgresUrl: string, databases: readonly ServiceDatabase[]) {
  await setupDatabases(postgresUrl, databases);
  const owners = databases.filter(({ service }) => hasMigrations(service));
  await Promise.all(owners.map((database) => migrate(database.service, urlOfServiceDatabase(postgresUrl, database))));
}

async function setupKafka(brokers: string, biUser: string | null) {
  const settings = { brokers: brokers.split(','), clientId: 'setup', prefix: '' };
  await applyTopics(settings);
  if (biUser !== null) await allowReadingForBi(settings, biUser);
}

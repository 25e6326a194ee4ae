import pg from 'pg';

/** The services that own data. */
export const OWNERS = ['behavior-core', 'outbound-dispatcher', 'event-log'] as const;
export type Owner = (typeof OWNERS)[number];

export const isOwner = (service: string): service is Owner => OWNERS.some((owner) => owner === service);

export const templateOf = (owner: Owner) => `template_${owner.replaceAll('-', '_')}`;

export async function createDatabase(serverUrl: string, name: string, template = 'template1'): Promise<void> {
  await execute(serverUrl, `CREATE DATABASE ${name} TEMPLATE ${template}`);
}

export async function dropDatabase(serverUrl: string, name: string): Promise<void> {
  await execute(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
}

export function urlOfDatabase(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = name;
  return url.href;
}

async function execute(connectionString: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

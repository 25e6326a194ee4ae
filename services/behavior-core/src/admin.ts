import { parseArgs } from 'node:util';
import { label } from '@waggle/contracts';
import { openDatabase } from '@waggle/database';
import { createApiKeyStore } from './adapters/api-key-store.ts';
import { createWorkspaceStore } from './adapters/workspace-store.ts';

// The operator's command, beside the database: a workspace and its first key cannot be made through an API that asks for a key.
const USAGE = 'usage: admin create-workspace --name <name>   (DATABASE_URL names the behavior database)';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { name: { type: 'string' } } });
const name = label.safeParse(values.name);
const url = process.env['DATABASE_URL'];
if (positionals[0] !== 'create-workspace' || !name.success || url === undefined) {
  console.error(USAGE);
  process.exit(2);
}

const database = openDatabase({ url, connectionsMax: 1, name: 'admin' });
await database.start(() => {});
try {
  const workspaceId = await createWorkspaceStore(database.pool).create(name.data);
  const created = await createApiKeyStore(database.pool).create({ workspaceId, userId: null, label: 'first key', expiresAt: null });
  console.log(JSON.stringify({ workspace_id: workspaceId, system_key: created?.apiKey, key_id: created?.row.id }));
} finally {
  await database.stop();
}

import { label as labelSchema, toUtc, userId as userIdSchema } from '@waggle/contracts';
import type { Pool } from 'pg';
import { createApiKeyStore } from './adapters/people/api-key-store.ts';
import { createAuditLog } from './adapters/people/audit-log.ts';
import { createPortalSessionStore } from './adapters/people/portal-session-store.ts';
import { createWorkspaceStore } from './adapters/people/workspace-store.ts';
import { toAuditView } from './routes/people/audit-log.ts';
import { portalUrl } from './routes/people/portal-sessions.ts';

// The operator works beside the database: a workspace and its first key cannot be made through an API that asks for a key, and a lost key
// cannot be replaced through one.
export const USAGE = `usage: admin <command> [options]      (DATABASE_URL names the behavior database, PUBLIC_URL the gateway)

  create-workspace --name <name>                  makes a workspace and its first system key, and prints both
  list-workspaces                                 prints every workspace, with how many system keys it has
  create-key --workspace <id> [--label <label>]   makes another system key for a workspace, as for one that was lost
  create-portal-session --workspace <id> [--user <id>]
                                                  prints a link into the portal, good once and for a minute
  audit-log --workspace <id> [--limit <n>]        prints who administered what there, newest first (50 unless said, at most 10000)

Keys are shown once: nothing but their SHA-256 is kept.`;

type Command =
  | { kind: 'create-workspace'; name: string }
  | { kind: 'list-workspaces' }
  | { kind: 'create-key'; workspaceId: string; label: string }
  | { kind: 'create-portal-session'; workspaceId: string; userId: string | null }
  | { kind: 'audit-log'; workspaceId: string; limit: number };

interface Options {
  name?: string | undefined;
  workspace?: string | undefined;
  label?: string | undefined;
  user?: string | undefined;
  limit?: string | undefined;
}

const TAKEN: Readonly<Record<Command['kind'], readonly (keyof Options)[]>> = {
  'create-workspace': ['name'],
  'list-workspaces': [],
  'create-key': ['workspace', 'label'],
  'create-portal-session': ['workspace', 'user'],
  'audit-log': ['workspace', 'limit'],
};
const ENTRIES_MAX = 10_000;

const isCommand = (word: string): word is Command['kind'] => Object.hasOwn(TAKEN, word);

/** What is wrong comes back in words. */
export function parseCommand([word, ...others]: readonly string[], options: Options): Command | { problem: string } {
  if (word === undefined) return { problem: 'Which command?' };
  if (!isCommand(word)) return { problem: `There is no command ${word}` };
  const [unexpected] = [...others, ...Object.keys(options).filter((name) => !TAKEN[word].some((taken) => taken === name)).map((name) => `--${name}`)];
  if (unexpected !== undefined) return { problem: `${word} does not take ${unexpected}` };
  if (word === 'list-workspaces') return { kind: word };
  if (word === 'create-workspace') {
    const name = labelSchema.safeParse(options.name);
    return name.success ? { kind: word, name: name.data } : { problem: '--name must have 1 to 200 characters' };
  }
  return options.workspace === undefined ? { problem: '--workspace is missing' } : inWorkspace(word, options.workspace, options);
}

type InWorkspace = Exclude<Command['kind'], 'create-workspace' | 'list-workspaces'>;

function inWorkspace(kind: InWorkspace, workspaceId: string, { label = 'made by the operator', limit = '50', user }: Options): Command | { problem: string } {
  if (kind === 'create-key') {
    const given = labelSchema.safeParse(label);
    return given.success ? { kind, workspaceId, label: given.data } : { problem: '--label must have 1 to 200 characters' };
  }
  if (kind === 'create-portal-session') {
    const given = userIdSchema.optional().safeParse(user);
    return given.success ? { kind, workspaceId, userId: given.data ?? null } : { problem: '--user must be the id of a user' };
  }
  const count = Number(limit);
  const isGood = Number.isInteger(count) && count >= 1 && count <= ENTRIES_MAX;
  return isGood ? { kind, workspaceId, limit: count } : { problem: `--limit must be a number from 1 to ${ENTRIES_MAX}` };
}

/** Answers with the lines to print. */
export async function runCommand(pool: Pool, command: Command, publicUrl: string): Promise<object[]> {
  const workspaces = createWorkspaceStore(pool);
  if (command.kind === 'list-workspaces') return (await workspaces.list()).map((row) => ({ ...row, created_at: toUtc(row.created_at) }));
  if (command.kind === 'create-workspace') {
    const workspaceId = await workspaces.create(command.name);
    return [await createKey(pool, workspaceId, 'first key')];
  }
  const { workspaceId } = command;
  if (!(await workspaces.exists(workspaceId))) throw new Error(`There is no workspace ${workspaceId}`);
  if (command.kind === 'create-key') return [await createKey(pool, workspaceId, command.label)];
  if (command.kind === 'create-portal-session') return [await createPortalLink(pool, command, publicUrl)];
  const rows = await createAuditLog(pool).list(workspaceId, {}, { before: null, limit: command.limit });
  return rows.map(toAuditView);
}

async function createKey(pool: Pool, workspaceId: string, label: string) {
  const by = { workspaceId, keyId: null, requestId: null };
  const made = await createApiKeyStore(pool).create(by, { userId: null, label, expiresAt: null });
  return { workspace_id: workspaceId, system_key: made?.apiKey, key_id: made?.row.id };
}

async function createPortalLink(pool: Pool, { workspaceId, userId }: { workspaceId: string; userId: string | null }, publicUrl: string) {
  const made = await createPortalSessionStore(pool).create({ workspaceId, keyId: null, requestId: null }, userId);
  if (made === null) throw new Error(`There is no user ${userId}`);
  return { workspace_id: workspaceId, user_id: userId, url: portalUrl(publicUrl, made.code), expires_at: toUtc(made.expiresAt) };
}

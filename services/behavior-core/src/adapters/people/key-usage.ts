import { query } from '@waggle/database';
import type { Component, Logger } from '@waggle/runtime';
import type { Pool } from 'pg';
import type { ApiKeyRow } from './api-key-store.ts';

/** Another instance may be writing the same keys at this moment: whatever it skips it says itself. */
const SAVE = {
  name: 'api_keys_save_usage',
  text: `WITH used AS (SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS u(workspace_id, id, at)),
    mine AS (
      SELECT k.workspace_id, k.id, used.at FROM used JOIN api_keys k ON k.workspace_id = used.workspace_id AND k.id = used.id
      WHERE k.last_used_at IS NULL OR k.last_used_at < used.at FOR NO KEY UPDATE OF k SKIP LOCKED
    )
    UPDATE api_keys k SET last_used_at = mine.at FROM mine WHERE k.workspace_id = mine.workspace_id AND k.id = mine.id`,
};

const KEYS_MAX = 50_000;

interface KeyUsageDeps {
  pool: Pool;
  now(): Date;
  logger: Logger;
}

/** When each key was used last, kept in memory and written together: no request writes a row for it. A crash loses one interval. */
export function createKeyUsage({ pool, now, logger }: KeyUsageDeps, { intervalMs }: { intervalMs: number }) {
  let used = new Map<string, { row: ApiKeyRow; at: Date }>();
  let timer: NodeJS.Timeout | undefined;
  let writing = Promise.resolve();

  async function write() {
    const uses = [...used.values()];
    used = new Map();
    if (uses.length === 0) return;
    const columns = [uses.map(({ row }) => row.workspace_id), uses.map(({ row }) => row.id), uses.map(({ at }) => at)];
    await query(pool, SAVE, columns).catch((error: unknown) => logger.warn({ err: error, keys: uses.length }, 'last uses of keys lost'));
  }

  const component: Component = {
    name: 'key usage',
    async start() {
      timer = setInterval(() => { writing = writing.then(write); }, intervalMs);
    },
    async stop() {
      clearInterval(timer);
      await writing.then(write);
    },
    health: () => null,
  };
  return {
    component,
    note(row: ApiKeyRow): void {
      if (used.size < KEYS_MAX || used.has(row.id)) used.set(row.id, { row, at: now() });
    },
  };
}

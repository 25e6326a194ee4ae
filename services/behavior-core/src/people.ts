import type { createOperationIds, FindKey, Route } from '@waggle/http';
import type { BatchHandler } from '@waggle/kafka';
import type { Component, Logger } from '@waggle/runtime';
import type { Router } from 'express';
import type { Pool } from 'pg';
import { createApiKeyStore } from './adapters/people/api-key-store.ts';
import { createAuditLog } from './adapters/people/audit-log.ts';
import { createErasureStore, type ErasureStore } from './adapters/people/erasure-store.ts';
import { createKeyUsage } from './adapters/people/key-usage.ts';
import { createTemplateStore } from './adapters/people/template-store.ts';
import { createUserStore } from './adapters/people/user-store.ts';
import { auditEntryHandler } from './consumers/audit-entry.ts';
import { userErasedHandler } from './consumers/user-erased.ts';
import { apiKeysRoutes } from './routes/people/api-keys.ts';
import { auditLogRoutes } from './routes/people/audit-log.ts';
import { authRoutes } from './routes/people/auth.ts';
import { introspectKeyRoute } from './routes/people/introspect-key.ts';
import { templatesRoutes } from './routes/people/templates.ts';
import { usersRoutes } from './routes/people/users.ts';

export interface PeopleDeps {
  pool: Pool;
  operationIds: ReturnType<typeof createOperationIds>;
  wake(keys: readonly string[]): void;
  now(): Date;
  logger: Logger;
}

export interface People {
  routes: Route[];
  internalRouter: Router;
  /** The core asks its own table: no detour over its internal port. */
  findKey: FindKey;
  erasures: ErasureStore;
  handlers: Record<'user-erased' | 'audit-entry', BatchHandler>;
  keyUsage: Component;
}

const USAGE_INTERVAL_MS = 5_000;

/** Users, their settings and keys, templates, the audit log: who may do what, and who did. */
export function createPeople({ pool, operationIds, wake, now, logger }: PeopleDeps): People {
  const keys = createApiKeyStore(pool);
  const users = createUserStore(pool);
  const erasures = createErasureStore(pool);
  const auditLog = createAuditLog(pool);
  const usage = createKeyUsage({ pool, now, logger }, { intervalMs: USAGE_INTERVAL_MS });

  async function findActive(sha256: string) {
    const row = await keys.findActive(sha256);
    if (row !== null) usage.note(row);
    return row;
  }

  return {
    routes: [
      ...usersRoutes({ users, erasures, operationIds, wake, now }),
      ...apiKeysRoutes({ keys, users, now }),
      ...authRoutes({ keys }),
      ...templatesRoutes({ templates: createTemplateStore(pool) }),
      ...auditLogRoutes({ auditLog }),
    ],
    internalRouter: introspectKeyRoute({ findActive }),
    async findKey(sha256) {
      const row = await findActive(sha256);
      return row && { keyId: row.id, workspaceId: row.workspace_id, userId: row.user_id };
    },
    erasures,
    handlers: { 'user-erased': userErasedHandler({ report: erasures.report }), 'audit-entry': auditEntryHandler({ record: auditLog.record }) },
    keyUsage: usage.component,
  };
}

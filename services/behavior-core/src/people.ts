import type { createOperationIds, FindKey, Route, RunOnce } from '@waggle/http';
import type { BatchHandler } from '@waggle/kafka';
import type { Component, Logger } from '@waggle/runtime';
import type { Redis } from 'ioredis';
import type { Router } from 'express';
import type { Pool } from 'pg';
import { createAnswerEraser } from './adapters/people/answer-eraser.ts';
import { createApiKeyStore } from './adapters/people/api-key-store.ts';
import { createAuditLog } from './adapters/people/audit-log.ts';
import { createErasureStore, type ErasureStore } from './adapters/people/erasure-store.ts';
import { createKeyUsage } from './adapters/people/key-usage.ts';
import { createPortalSessionStore } from './adapters/people/portal-session-store.ts';
import { createTemplateStore } from './adapters/people/template-store.ts';
import { createUserStore } from './adapters/people/user-store.ts';
import { auditEntryHandler } from './consumers/audit-entry.ts';
import { userErasedHandler } from './consumers/user-erased.ts';
import { apiKeysRoutes } from './routes/people/api-keys.ts';
import { auditLogRoutes } from './routes/people/audit-log.ts';
import { authRoutes } from './routes/people/auth.ts';
import { introspectKeyRoute, type Bearer } from './routes/people/introspect-key.ts';
import { exchangePortalCodeRoute, portalSessionsRoutes } from './routes/people/portal-sessions.ts';
import { templatesRoutes } from './routes/people/templates.ts';
import { usersRoutes } from './routes/people/users.ts';

export interface PeopleDeps {
  pool: Pool;
  redis: Redis;
  operationIds: ReturnType<typeof createOperationIds>;
  runOnce: RunOnce;
  publicUrl: string;
  wake(keys: readonly string[]): void;
  now(): Date;
  logger: Logger;
}

export interface People {
  routes: Route[];
  /** Served without a key. */
  openRouter: Router;
  internalRouter: Router;
  /** The core asks its own table: no detour over its internal port. */
  findKey: FindKey;
  erasures: ErasureStore;
  /** Again and again, for what Redis could not be asked in its time. At most `countMax` at once; tells how many there were. */
  forgetAnswers(countMax: number): Promise<number>;
  handlers: Record<'user-erased' | 'audit-entry', BatchHandler>;
  keyUsage: Component;
}

const USAGE_INTERVAL_MS = 5_000;
/** Other erasures may be waiting too. */
const FORGOTTEN_AT_ONCE = 100;

/** Users, their settings and keys, templates, the audit log: who may do what, and who did. */
export function createPeople({ pool, redis, operationIds, runOnce, publicUrl, wake, now, logger }: PeopleDeps): People {
  const keys = createApiKeyStore(pool);
  const sessions = createPortalSessionStore(pool);
  const users = createUserStore(pool);
  const erasures = createErasureStore(pool);
  const forgetAnswers = createAnswerEraser({ pool, redis, report: erasures.report });
  const auditLog = createAuditLog(pool);
  const usage = createKeyUsage({ pool, now, logger }, { intervalMs: USAGE_INTERVAL_MS });

  async function findActive(sha256: string): Promise<Bearer | null> {
    const key = await keys.findActive(sha256);
    if (key !== null) {
      usage.note(key);
      return { row: key, isPortalSession: false };
    }
    const session = await sessions.findActive(sha256);
    return session && { row: session, isPortalSession: true };
  }

  const forgetNow = () => forgetAnswers(FORGOTTEN_AT_ONCE).then(() => {}, (error: unknown) => logger.warn({ err: error }, 'answers of erased users not forgotten, trying again later'));

  return {
    routes: [
      ...usersRoutes({ users, erasures, forgetAnswers: forgetNow, operationIds, wake, now }),
      ...apiKeysRoutes({ keys, users, now }),
      ...authRoutes({ keys, sessions }),
      ...portalSessionsRoutes({ sessions, publicUrl }),
      ...templatesRoutes({ templates: createTemplateStore(pool) }),
      ...auditLogRoutes({ auditLog }),
    ],
    openRouter: exchangePortalCodeRoute({ sessions, runOnce }),
    internalRouter: introspectKeyRoute({ findActive }),
    async findKey(sha256) {
      const bearer = await findActive(sha256);
      return bearer && { keyId: bearer.row.id, workspaceId: bearer.row.workspace_id, userId: bearer.row.user_id, isPortalSession: bearer.isPortalSession };
    },
    erasures,
    forgetAnswers,
    handlers: { 'user-erased': userErasedHandler({ report: erasures.report }), 'audit-entry': auditEntryHandler({ record: auditLog.record }) },
    keyUsage: usage.component,
  };
}

import { randomBytes } from 'node:crypto';
import { inappKeyIntrospection, newId, type createInappKeyBody, type InappKeyIntrospection } from '@waggle/contracts';
import { query, transact } from '@waggle/database';
import type { SealedBox } from '@waggle/runtime';
import type { Pool } from 'pg';
import type { z } from 'zod';
import type { InappKey, PrismaClient } from '../../generated/prisma/client.ts';
import { appendAudit, createAudited, type Administrator } from '../people/audit-log.ts';
import { orUnavailable } from '../prisma.ts';
import type { PartRef } from './campaign-changes.ts';
import type { After, CampaignRef } from './campaign-store.ts';

export type InappKeyRow = InappKey;

const SECRET_BYTES = 32;

// One statement, so that switch, mappings and key are of one moment.
const INTROSPECT = {
  name: 'inapp_key_introspect',
  text: `SELECT k.id AS key_id, k.workspace_id, k.campaign_id, k.environment, k.sealed_secret, k.rate_limit_per_minute, c.inapp_webhooks_enabled,
      ARRAY(SELECT DISTINCT m.event_type FROM campaign_mappings m WHERE m.campaign_id = k.campaign_id AND m.active) AS event_types
    FROM inapp_keys k JOIN campaigns c ON c.workspace_id = k.workspace_id AND c.id = k.campaign_id
    WHERE k.id = $1 AND k.revoked_at IS NULL`,
};
const LOCK = { name: 'inapp_key_lock', text: 'SELECT revoked_at FROM inapp_keys WHERE workspace_id = $1 AND id = $2 AND campaign_id = $3 FOR UPDATE' };
const REVOKE = { name: 'inapp_key_revoke', text: 'UPDATE inapp_keys SET revoked_at = clock_timestamp() WHERE workspace_id = $1 AND id = $2' };

interface Deps {
  pool: Pool;
  prisma: PrismaClient;
  sealedBox: SealedBox;
  now(): Date;
}

export function createInappKeyStore({ pool, prisma, sealedBox, now }: Deps) {
  return {
    /** The secret is in this answer; at rest it is sealed. */
    async create(by: Administrator, { workspaceId, id: campaignId }: CampaignRef, { label, environment, rate_limit_per_minute }: z.infer<typeof createInappKeyBody>) {
      const id = newId('ick', now().getTime());
      const secret = `wgis_${randomBytes(SECRET_BYTES).toString('base64url')}`;
      const data = { workspaceId, id, campaignId, label, environment, rateLimitPerMinute: rate_limit_per_minute, createdAt: now() };
      const sealed = { ...data, sealedSecret: sealedBox.seal(secret, id) };
      const row = await orUnavailable(createAudited(prisma, by, 'inapp_key', (tx) => tx.inappKey.create({ data: sealed })));
      return { row, secret };
    },
    list({ workspaceId, id: campaignId }: CampaignRef, { after, limit }: After<string>): Promise<InappKeyRow[]> {
      const where = { workspaceId, campaignId, revokedAt: null, id: { gt: after ?? '' } };
      return orUnavailable(prisma.inappKey.findMany({ where, orderBy: { id: 'asc' }, take: limit }));
    },
    async revoke(by: Administrator, { campaignId, id }: PartRef): Promise<'revoked' | 'already_revoked' | 'unknown'> {
      return transact(pool, {
        load: async (tx) => (await tx.query<{ revoked_at: Date | null }>({ ...LOCK, values: [by.workspaceId, id, campaignId] })).rows[0],
        decide(key) {
          if (key === undefined) return 'unknown';
          return key.revoked_at === null ? 'revoked' : 'already_revoked';
        },
        async save(tx, kind) {
          if (kind !== 'revoked') return kind;
          await Promise.all([
            tx.query({ ...REVOKE, values: [by.workspaceId, id] }),
            appendAudit(tx, by, { action: 'inapp_key.revoked', target: { kind: 'inapp_key', id } }),
          ]);
          return kind;
        },
      });
    },
    async introspect(keyId: string): Promise<InappKeyIntrospection> {
      const [row] = await query<{ sealed_secret: string }>(pool, INTROSPECT, [keyId]);
      if (row === undefined) return { active: false };
      const { sealed_secret, ...rest } = row;
      return inappKeyIntrospection.parse({ active: true, secret: sealedBox.open(sealed_secret, keyId), ...rest });
    },
  };
}
export type InappKeyStore = ReturnType<typeof createInappKeyStore>;

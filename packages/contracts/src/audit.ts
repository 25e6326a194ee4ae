import { z } from 'zod';
import { defineMessage } from './message.ts';
import { pageQuery } from './page.ts';
import { idOf, inOrder, timeBound, userId, utcTimestamp } from './scalars.ts';

/** What administration did, by what it did it to. */
export const auditAction = z.enum([
  'workspace.created',
  'api_key.created',
  'api_key.revoked',
  'portal_session.created',
  'portal_session.exchanged',
  'user.erased',
  'template.created',
  'template.changed',
  'template.deleted',
  'campaign.created',
  'campaign.changed',
  'campaign_task.created',
  'campaign_task.changed',
  'campaign_task.deleted',
  'campaign_mapping.created',
  'campaign_mapping.changed',
  'campaign_mapping.deleted',
  'inapp_key.created',
  'inapp_key.revoked',
  'award.revoked',
  'channel.connected',
  'channel.disconnected',
  'endpoint.created',
  'endpoint.changed',
  'endpoint.secret_rotated',
  'endpoint.enabled',
  'endpoint.disabled',
  'endpoint.deleted',
  'endpoint.replayed',
]);
export type AuditAction = z.infer<typeof auditAction>;

const targetKind = z.enum(['workspace', 'api_key', 'portal_session', 'user', 'template', 'campaign', 'campaign_task', 'campaign_mapping', 'inapp_key', 'award', 'channel', 'endpoint']);

const auditFilters = z.strictObject({
  action: auditAction.optional(),
  key_id: z.string().regex(/^(?:key|pss)_[0-9a-z]{26}$/, 'Must be the id of an API key or a portal session').optional(),
  /** About this user; entries of an erased user are found by it too. */
  user_id: userId.optional(),
  since: timeBound.optional(),
  until: timeBound.optional(),
});
export type AuditFilters = z.infer<typeof auditFilters>;

/** `GET /v1/audit-log`: newest first. */
export const auditListQuery = pageQuery.extend(auditFilters.shape).refine(...inOrder('since', 'until'));

/**
 * `key_id` is null for the operator, who needs none. `target.id` is null once the user whom it names is erased; nothing else of an entry
 * ever changes.
 */
export const auditEntryView = z.object({
  id: z.string(),
  at: utcTimestamp,
  action: auditAction,
  key_id: z.string().nullable(),
  request_id: z.string().nullable(),
  target: z.object({ kind: targetKind, id: z.string().nullable() }),
  user_id: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
});
export type AuditEntryView = z.infer<typeof auditEntryView>;

/** What another service than the core has administered, on its way into the core's audit log. `id` is what it is known by there. */
export const auditEntry = defineMessage({
  topic: 'private.audit.entry.v1',
  data: z.object({
    id: idOf('aud'),
    workspace_id: z.string(),
    at: utcTimestamp,
    action: auditAction,
    key_id: z.string(),
    request_id: z.string(),
    target: z.object({ kind: targetKind, id: z.string() }),
    user_id: userId.nullable(),
  }),
  key: ({ workspace_id }) => workspace_id,
});
export type AuditEntry = z.infer<typeof auditEntry.data>;

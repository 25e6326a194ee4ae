import { z } from 'zod';
import { environment } from './inapp-event.ts';

/**
 * `POST /internal/introspect-key {sha256}` (the model is RFC 7662). `user_id` is null for a system key; `expires_at` (null: never) is told
 * so that an answer which is remembered ends when its key does.
 */
export const keyIntrospection = z.discriminatedUnion('active', [
  z.object({ active: z.literal(false) }),
  z.object({
    active: z.literal(true), key_id: z.string(), workspace_id: z.string(), user_id: z.string().nullable(), expires_at: z.iso.datetime().nullish(),
    portal_session: z.boolean().optional(),
  }),
]);
export type KeyIntrospection = z.infer<typeof keyIntrospection>;

/** `POST /internal/introspect-inapp-key {key_id}`: all that ingress must know to judge an in-app event. */
export const inappKeyIntrospection = z.discriminatedUnion('active', [
  z.object({ active: z.literal(false) }),
  z.object({
    active: z.literal(true),
    key_id: z.string(),
    workspace_id: z.string(),
    campaign_id: z.int(),
    environment,
    secret: z.string(),
    rate_limit_per_minute: z.int(),
    inapp_webhooks_enabled: z.boolean(),
    event_types: z.array(z.string()),
  }),
]);
export type InappKeyIntrospection = z.infer<typeof inappKeyIntrospection>;

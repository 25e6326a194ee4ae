import { z } from 'zod';
import { keptTime, label, utcTimestamp } from './scalars.ts';

const keyType = z.enum(['user', 'system']);
export type KeyType = z.infer<typeof keyType>;

/** `POST /v1/users/{id}/api-keys` */
export const createUserKeyBody = z.strictObject({ label, type: keyType.default('user'), expires_at: keptTime.nullish() });

/** `POST /v1/api-keys`: a system key of the workspace. */
export const createSystemKeyBody = z.strictObject({ label, type: z.literal('system').default('system'), expires_at: keptTime.nullish() });

/** `api_key` is there in the answer to the creation alone. */
export const apiKeyView = z.object({
  id: z.string(), api_key: z.string().optional(), type: keyType, label: z.string(), key_prefix: z.string(), user_id: z.string().nullable(),
  created_at: utcTimestamp, expires_at: utcTimestamp.nullable(), last_used_at: utcTimestamp.nullable(),
});
export type ApiKeyView = z.infer<typeof apiKeyView>;

/** `GET /v1/auth/me` */
export const authMe = z.object({
  key_id: z.string(), type: keyType, label: z.string(), workspace_id: z.string(), user_id: z.string().nullable(), key_prefix: z.string(), expires_at: utcTimestamp.nullable(),
  /** A portal session makes no keys and no further sessions. */
  portal_session: z.boolean(),
});
export type AuthMe = z.infer<typeof authMe>;

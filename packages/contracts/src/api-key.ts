import { z } from 'zod';
import { label, timestampWithOffset, utcTimestamp } from './scalars.ts';

/** `POST /v1/users/{id}/api-keys` */
export const createUserKeyBody = z.strictObject({
  label,
  type: z.enum(['user', 'system']).default('user'),
  expires_at: timestampWithOffset.nullish(),
});

/** `api_key` is there in the answer to the creation alone. */
export const apiKeyView = z.object({
  id: z.string(), api_key: z.string().optional(), type: z.enum(['user', 'system']), label: z.string(), key_prefix: z.string(), user_id: z.string().nullable(),
  created_at: utcTimestamp, expires_at: utcTimestamp.nullable(), last_used_at: utcTimestamp.nullable(),
});

/** `GET /v1/auth/me` */
export const authMe = z.object({ key_id: z.string(), type: z.enum(['user', 'system']), label: z.string(), workspace_id: z.string(), user_id: z.string().nullable() });

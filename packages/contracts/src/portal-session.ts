import { z } from 'zod';
import { userId, utcTimestamp } from './scalars.ts';

/** `POST /v1/portal-sessions`: without a `user_id`, a system key's session is for the whole workspace. */
export const createPortalSessionBody = z.strictObject({ user_id: userId.optional() });

/** `url` ends in `#code=…`, which a browser sends to nobody; `expires_at` is the code's. */
export const portalSessionView = z.object({ url: z.string(), expires_at: utcTimestamp });
export type PortalSessionView = z.infer<typeof portalSessionView>;

/** `POST /v1/portal-sessions/exchange` */
export const exchangePortalCodeBody = z.strictObject({ code: z.string().min(1).max(200) });

/** `token` is a Bearer token; `user_id` is null for the whole workspace. */
export const portalTokenView = z.object({ token: z.string(), expires_at: utcTimestamp, user_id: z.string().nullable() });
export type PortalTokenView = z.infer<typeof portalTokenView>;

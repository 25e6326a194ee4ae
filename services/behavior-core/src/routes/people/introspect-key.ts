import type { KeyIntrospection } from '@waggle/contracts';
import { parseBody } from '@waggle/http';
import { Router } from 'express';
import { z } from 'zod';

/** Who comes with a Bearer token: a key's owner, or somebody whom a key let into the portal. */
export interface Bearer {
  row: { id: string; workspace_id: string; user_id: string | null; expires_at: Date | null };
  isPortalSession: boolean;
}

const body = z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/) });

/** `POST /internal/introspect-key`: who an API key or a portal's token is, for the other services. To be asked for counts as a use of the key. */
export function introspectKeyRoute({ findActive }: { findActive(sha256: string): Promise<Bearer | null> }): Router {
  return Router().post('/internal/introspect-key', async (request, response) => {
    response.json(toAnswer(await findActive(parseBody(body, request.body).sha256)));
  });
}

function toAnswer(bearer: Bearer | null): KeyIntrospection {
  if (bearer === null) return { active: false };
  const { row: { id: key_id, workspace_id, user_id, expires_at }, isPortalSession } = bearer;
  return { active: true, key_id, workspace_id, user_id, expires_at: expires_at && expires_at.toISOString(), portal_session: isPortalSession };
}

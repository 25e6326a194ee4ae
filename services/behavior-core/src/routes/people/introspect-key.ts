import type { KeyIntrospection } from '@waggle/contracts';
import { parseBody } from '@waggle/http';
import { Router } from 'express';
import { z } from 'zod';
import type { ApiKeyRow } from '../../adapters/people/api-key-store.ts';

const body = z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/) });

/** `POST /internal/introspect-key`: who an API key is, for the other services. To be asked for counts as a use of the key. */
export function introspectKeyRoute({ findActive }: { findActive(sha256: string): Promise<ApiKeyRow | null> }): Router {
  return Router().post('/internal/introspect-key', async (request, response) => {
    response.json(toAnswer(await findActive(parseBody(body, request.body).sha256)));
  });
}

function toAnswer(row: ApiKeyRow | null): KeyIntrospection {
  if (row === null) return { active: false };
  const { id: key_id, workspace_id, user_id, expires_at } = row;
  return { active: true, key_id, workspace_id, user_id, expires_at: expires_at && expires_at.toISOString() };
}

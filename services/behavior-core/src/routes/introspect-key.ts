import type { KeyIntrospection } from '@waggle/contracts';
import { parseBody } from '@waggle/http';
import { Router } from 'express';
import { z } from 'zod';
import type { ApiKeyStore } from '../adapters/api-key-store.ts';

const body = z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/) });

/** `POST /internal/introspect-key`: who an API key is, for the other services. */
export function introspectKeyRoute({ store }: { store: ApiKeyStore }): Router {
  return Router().post('/internal/introspect-key', async (request, response) => {
    const row = await store.findActive(parseBody(body, request.body).sha256);
    const answer: KeyIntrospection =
      row === null ? { active: false } : { active: true, key_id: row.id, workspace_id: row.workspace_id, user_id: row.user_id };
    response.json(answer);
  });
}

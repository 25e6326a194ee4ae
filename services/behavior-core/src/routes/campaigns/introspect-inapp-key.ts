import { parseBody } from '@waggle/http';
import { Router } from 'express';
import { z } from 'zod';
import type { InappKeyStore } from '../../adapters/campaigns/inapp-key-store.ts';

const body = z.object({ key_id: z.string().regex(/^ick_[A-Za-z0-9_-]{1,60}$/) });

/** `POST /internal/introspect-inapp-key`: all that ingress must know to judge an in-app event. */
export function introspectInappKeyRoute({ keys }: { keys: Pick<InappKeyStore, 'introspect'> }): Router {
  return Router().post('/internal/introspect-inapp-key', async (request, response) => {
    response.json(await keys.introspect(parseBody(body, request.body).key_id));
  });
}

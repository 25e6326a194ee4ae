import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import type { KeyIntrospection } from '@waggle/contracts';
import { hashApiKey, makeApiKey } from '@waggle/http';
import type { Component } from '@waggle/runtime';
import { z } from 'zod';

const question = z.object({ sha256: z.string() });

/** The core's introspection endpoint for keys that the test has made: no service runs another. */
export function answerForKeys() {
  const known = new Map<string, KeyIntrospection>();
  const server = createServer((request, response) => {
    void json(request).then((body) => {
      const { sha256 } = question.parse(body);
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(known.get(sha256) ?? { active: false }));
    });
  });
  const component: Component = {
    name: 'introspection',
    start: () => new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve())),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
    health: () => null,
  };
  return {
    component,
    url(): string {
      const address = server.address();
      return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    },
    makeKey(workspaceId: string, userId: string | null = null): string {
      const key = makeApiKey();
      known.set(hashApiKey(key), { active: true, key_id: `key_${known.size}`, workspace_id: workspaceId, user_id: userId });
      return key;
    },
    revoke(key: string): void {
      known.delete(hashApiKey(key));
    },
  };
}

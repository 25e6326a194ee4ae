import { toUtc, type Attempt } from '@waggle/contracts';
import type { EndpointSecrets } from '../adapters/endpoint-secrets.ts';
import type { Send } from '../adapters/sender.ts';
import { errorOf, type AttemptResult } from '../domain/attempt-result.ts';
import type { Delivery } from '../domain/delivery.ts';
import type { Endpoint } from '../domain/endpoint.ts';
import { attemptHeaders } from './attempt-headers.ts';

interface SendAttemptDeps {
  secrets: Pick<EndpointSecrets, 'open'>;
  send: Send;
}

/** One signed request to the endpoint, and its record. Never rejects for what the receiver does. */
export const createSendAttempt = ({ secrets, send }: SendAttemptDeps) =>
  async (endpoint: Endpoint, delivery: Omit<Delivery, 'leaseEndsAt'>): Promise<{ result: AttemptResult; attempt: Attempt }> => {
    const startedAtMs = Date.now();
    const started = performance.now();
    const headers = attemptHeaders(delivery, secrets.open(endpoint, startedAtMs), startedAtMs);
    const result = await send({ url: endpoint.url, headers, body: delivery.body });
    return {
      result,
      attempt: {
        number: delivery.attemptCount + 1,
        started_at: toUtc(new Date(startedAtMs)),
        duration_ms: Math.round(performance.now() - started),
        status_code: result.statusCode,
        error: errorOf(result),
        response_body: result.responseBody,
      },
    };
  };
export type SendAttempt = ReturnType<typeof createSendAttempt>;

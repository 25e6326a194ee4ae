import type { SealedBox } from '@waggle/runtime';
import type { Endpoint } from '../domain/endpoint.ts';

export { newWebhookSecret as newSecret } from '@waggle/contracts';

interface Opened {
  secret: string;
  previousSecret: string | null;
  headers: Record<string, string>;
}

type Sealed = Pick<Endpoint, 'id' | 'sealedSecret' | 'previousSealedSecret' | 'previousSecretUntil' | 'sealedHeaders'>;

/** What of an endpoint is sealed at rest: its secrets, and its headers, since some are credentials. */
export function createEndpointSecrets(box: SealedBox) {
  // Opening cost a fifth of a delivery. A changed endpoint is another object; one that nobody knows any more is forgotten here too.
  const opened = new WeakMap<Sealed, Opened>();

  function openHeaders(sealedHeaders: string | null, endpointId: string): Record<string, string> {
    return sealedHeaders === null ? {} : JSON.parse(box.open(sealedHeaders, endpointId));
  }

  const openAll = ({ id, sealedSecret, previousSealedSecret, sealedHeaders }: Sealed): Opened => ({
    secret: box.open(sealedSecret, id),
    previousSecret: previousSealedSecret === null ? null : box.open(previousSealedSecret, id),
    headers: openHeaders(sealedHeaders, id),
  });

  return {
    openHeaders,
    sealSecret: box.seal,
    sealHeaders: (headers: Readonly<Record<string, string>>, endpointId: string): string | null =>
      Object.keys(headers).length === 0 ? null : box.seal(JSON.stringify(headers), endpointId),

    /** All that an attempt at that time needs. */
    open(endpoint: Sealed, nowMs: number): Opened {
      const known = opened.get(endpoint) ?? openAll(endpoint);
      opened.set(endpoint, known);
      const isGrace = endpoint.previousSecretUntil !== null && endpoint.previousSecretUntil.getTime() > nowMs;
      return isGrace ? known : { ...known, previousSecret: null };
    },
  };
}
export type EndpointSecrets = ReturnType<typeof createEndpointSecrets>;

import type { SealedBox } from '@waggle/runtime';
import type { Endpoint } from '../domain/endpoint.ts';

export { newWebhookSecret as newSecret } from '@waggle/contracts';

type Sealed = Pick<Endpoint, 'id' | 'sealedSecret' | 'previousSealedSecret' | 'previousSecretUntil' | 'sealedHeaders'>;

/** What of an endpoint is sealed at rest: its secrets, and its headers, since some are credentials. */
export function createEndpointSecrets(box: SealedBox) {
  function openHeaders(sealedHeaders: string | null, endpointId: string): Record<string, string> {
    return sealedHeaders === null ? {} : JSON.parse(box.open(sealedHeaders, endpointId));
  }

  return {
    openHeaders,
    sealSecret: box.seal,
    sealHeaders: (headers: Readonly<Record<string, string>>, endpointId: string): string | null =>
      Object.keys(headers).length === 0 ? null : box.seal(JSON.stringify(headers), endpointId),

    /** All that an attempt at that time needs. */
    open({ id, sealedSecret, previousSealedSecret, previousSecretUntil, sealedHeaders }: Sealed, nowMs: number) {
      const isGrace = previousSealedSecret !== null && previousSecretUntil !== null && previousSecretUntil.getTime() > nowMs;
      return {
        secret: box.open(sealedSecret, id),
        previousSecret: isGrace ? box.open(previousSealedSecret, id) : null,
        headers: openHeaders(sealedHeaders, id),
      };
    },
  };
}
export type EndpointSecrets = ReturnType<typeof createEndpointSecrets>;

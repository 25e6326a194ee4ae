import { emptyBody, rotateSecretBody } from '@waggle/contracts';
import { ok, parseBody, type ApiRequest, type Route } from '@waggle/http';
import { newSecret, type EndpointSecrets } from '../adapters/endpoint-secrets.ts';
import type { EndpointStore } from '../adapters/endpoint-store.ts';
import { ENDPOINTS_PATH, type AdministerEndpoint } from './administer-endpoint.ts';

interface EndpointActionsDeps {
  store: Pick<EndpointStore, 'rotate' | 'enable' | 'disable'>;
  secrets: Pick<EndpointSecrets, 'sealSecret'>;
  administer: AdministerEndpoint;
}

export function endpointActionRoutes({ store, secrets, administer }: EndpointActionsDeps): Route[] {
  async function rotate(request: ApiRequest) {
    const { grace_seconds: graceSeconds } = parseBody(rotateSecretBody, request.body);
    const secret = newSecret();
    const view = await administer(request, (by, scope, id) => store.rotate(by, scope, id, { sealedSecret: secrets.sealSecret(secret, id), graceSeconds }));
    return ok({ ...view, secret });
  }

  const withoutArguments = (change: EndpointStore['enable']) => async (request: ApiRequest) => {
    parseBody(emptyBody, request.body);
    return ok(await administer(request, change));
  };

  return [
    { method: 'post', path: `${ENDPOINTS_PATH}/:id/rotate-secret`, handle: rotate },
    { method: 'post', path: `${ENDPOINTS_PATH}/:id/enable`, handle: withoutArguments(store.enable) },
    { method: 'post', path: `${ENDPOINTS_PATH}/:id/disable`, handle: withoutArguments(store.disable) },
  ];
}

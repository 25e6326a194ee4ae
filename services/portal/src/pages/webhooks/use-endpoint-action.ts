import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { EndpointView } from '@waggle/contracts';
import { call, type Call } from '../../api/call.ts';

/** A change of one endpoint, which answers the endpoint as it is then: it is shown at once. */
export function useEndpointAction<Body = void>(id: string, { method = 'POST', path = '', onDone }: { method?: Call['method']; path?: string; onDone?: (endpoint: EndpointView) => void } = {}) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: Body) => call<EndpointView>(`/v1/webhooks/endpoints/${id}${path}`, { method, body: body ?? {} }),
    onSuccess(endpoint) {
      const { secret: _, ...shown } = endpoint;
      queries.setQueryData(['endpoints', id], shown);
      void queries.invalidateQueries({ queryKey: ['endpoints'], exact: true });
      onDone?.(endpoint);
    },
  });
}

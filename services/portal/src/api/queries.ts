import type { AuthMe, EndpointView } from '@waggle/contracts';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { call, list } from './call.ts';

export interface EventType {
  name: string;
  description: string;
  schema: object;
  example: Record<string, unknown>;
}

/** Who is signed in; the frame of the portal asks first, so that pages find it there. */
export const meQuery = queryOptions({ queryKey: ['me'], queryFn: () => call<AuthMe>('/v1/auth/me'), staleTime: Infinity });
export const useMe = () => useQuery(meQuery).data;

export const eventTypesQuery = queryOptions({
  queryKey: ['event-types'], queryFn: async () => (await list<EventType>('/v1/webhooks/event-types', {})).data, staleTime: Infinity,
});

export const endpointsQuery = queryOptions({
  queryKey: ['endpoints'],
  queryFn: async ({ signal }) => (await list<EndpointView>('/v1/webhooks/endpoints', { limit: 200 }, signal)).data,
  refetchInterval: 10_000,
});

export const endpointQuery = (id: string) => queryOptions({
  queryKey: ['endpoints', id], queryFn: ({ signal }) => call<EndpointView>(`/v1/webhooks/endpoints/${id}`, { signal }), refetchInterval: 5_000,
});

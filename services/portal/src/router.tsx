import type { FetchQueryOptions } from '@tanstack/react-query';
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { endpointQuery, endpointsQuery, eventTypesQuery, meQuery } from './api/queries.ts';
import { queries } from './api/query-client.ts';
import { Bones } from './components/states.tsx';
import { Broken } from './frame/broken.tsx';
import { Frame } from './frame/frame.tsx';
import { NotFound } from './frame/not-found.tsx';
import { searchOf } from './search.ts';

// What a page will ask for is asked for while its code is still on the way; pages say themselves what to show until it is there.
const ask = <Data,>(query: FetchQueryOptions<Data, Error, Data, string[]>) => void queries.prefetchQuery(query);

const root = createRootRoute({ component: Frame, notFoundComponent: NotFound, loader: () => ask(meQuery) });

const home = createRoute({
  getParentRoute: () => root, path: '/', beforeLoad: () => { throw redirect({ to: '/settings/developer/webhooks' }); },
});

const developer = createRoute({ getParentRoute: () => root, path: 'settings/developer' });
const webhooks = createRoute({
  getParentRoute: () => developer, path: 'webhooks', loader: () => ask(endpointsQuery), component: lazyRouteComponent(() => import('./pages/webhooks/endpoints.tsx'), 'Endpoints'),
});
const newEndpoint = createRoute({
  getParentRoute: () => developer, path: 'webhooks/new', loader: () => ask(eventTypesQuery), component: lazyRouteComponent(() => import('./pages/webhooks/new-endpoint.tsx'), 'NewEndpoint'),
});
const endpoint = createRoute({
  getParentRoute: () => developer, path: 'webhooks/$endpointId', loader: ({ params }) => ask(endpointQuery(params.endpointId)), component: lazyRouteComponent(() => import('./pages/webhooks/endpoint.tsx'), 'EndpointPage'),
});
const deliveries = createRoute({
  getParentRoute: () => developer, path: 'deliveries', validateSearch: searchOf('endpoint_id', 'status', 'event_type', 'user_id', 'since', 'until'),
  loader: () => { ask(endpointsQuery); ask(eventTypesQuery); },
  component: lazyRouteComponent(() => import('./pages/deliveries/deliveries.tsx'), 'Deliveries'),
});
const delivery = createRoute({
  getParentRoute: () => developer, path: 'deliveries/$deliveryId', loader: () => ask(endpointsQuery), component: lazyRouteComponent(() => import('./pages/deliveries/delivery.tsx'), 'DeliveryPage'),
});
const events = createRoute({
  getParentRoute: () => developer, path: 'events', validateSearch: searchOf('event', 'user_id', 'entity_id', 'since', 'until'),
  loader: () => ask(eventTypesQuery),
  component: lazyRouteComponent(() => import('./pages/events/events.tsx'), 'Events'),
});
const event = createRoute({
  getParentRoute: () => developer, path: 'events/$eventId', component: lazyRouteComponent(() => import('./pages/events/event.tsx'), 'EventPage'),
});
const apiKeys = createRoute({
  getParentRoute: () => developer, path: 'api-keys', validateSearch: searchOf('user_id'), component: lazyRouteComponent(() => import('./pages/api-keys/api-keys.tsx'), 'ApiKeys'),
});
const samples = createRoute({
  getParentRoute: () => developer, path: 'samples', validateSearch: searchOf('endpoint_id'), component: lazyRouteComponent(() => import('./pages/samples/samples.tsx'), 'Samples'),
});
const activities = createRoute({
  getParentRoute: () => root, path: 'activities', validateSearch: searchOf('user_id'), component: lazyRouteComponent(() => import('./pages/activities/activities.tsx'), 'Activities'),
});
const simulator = createRoute({
  getParentRoute: () => root, path: 'activities/simulator', validateSearch: searchOf('user_id', 'activity_id'), component: lazyRouteComponent(() => import('./pages/activities/simulator.tsx'), 'Simulator'),
});
const activity = createRoute({
  getParentRoute: () => root, path: 'activities/$activityId', component: lazyRouteComponent(() => import('./pages/activities/activity.tsx'), 'ActivityPage'),
});
const campaigns = createRoute({
  getParentRoute: () => root, path: 'campaigns', component: lazyRouteComponent(() => import('./pages/campaigns/campaigns.tsx'), 'Campaigns'),
});
const campaign = createRoute({
  getParentRoute: () => root, path: 'campaigns/$campaignId', validateSearch: searchOf('tab', 'status', 'event_type', 'wallet', 'environment', 'event_id'),
  component: lazyRouteComponent(() => import('./pages/campaigns/campaign.tsx'), 'CampaignPage'),
});

const tree = root.addChildren([
  home, activities, simulator, activity, campaigns, campaign,
  developer.addChildren([webhooks, newEndpoint, endpoint, deliveries, delivery, events, event, apiKeys, samples]),
]);

export const router = createRouter({
  routeTree: tree, basepath: '/portal', search: { strict: true }, defaultPreload: 'intent', scrollRestoration: true, defaultPendingComponent: () => <Bones rows={6} />, defaultPendingMs: 200,
  defaultErrorComponent: Broken,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}

import { ACTIVITY_ROUTES } from './activities.ts';
import { CAMPAIGN_ROUTES } from './campaigns.ts';
import { CHANNEL_ROUTES } from './channels.ts';
import { EVENT_ROUTES } from './events.ts';
import { INBOUND_ROUTES } from './inbound.ts';
import { PEOPLE_ROUTES } from './people.ts';
import type { RouteTable } from './route.ts';
import { WEBHOOK_ROUTES } from './webhooks.ts';

/** Every public route of every service, by subject. A test compares it with what the services serve. */
export const ROUTES_BY_SUBJECT: Readonly<Record<string, RouteTable>> = {
  'Inbound and bulk': INBOUND_ROUTES,
  Activities: ACTIVITY_ROUTES,
  'Users and keys': PEOPLE_ROUTES,
  Channels: CHANNEL_ROUTES,
  Webhooks: WEBHOOK_ROUTES,
  'Event log': EVENT_ROUTES,
  Campaigns: CAMPAIGN_ROUTES,
};

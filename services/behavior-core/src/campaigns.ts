import type { Route } from '@waggle/http';
import type { BatchHandler } from '@waggle/kafka';
import type { Logger, SealedBox } from '@waggle/runtime';
import type { Router } from 'express';
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import { createAwardStore } from './adapters/campaigns/award-store.ts';
import { createCampaignChanges } from './adapters/campaigns/campaign-changes.ts';
import { createCampaignStore } from './adapters/campaigns/campaign-store.ts';
import { createInappKeyStore } from './adapters/campaigns/inapp-key-store.ts';
import { createLedgerStore } from './adapters/campaigns/ledger-store.ts';
import { createMappingStore } from './adapters/campaigns/mapping-store.ts';
import { createRevocationStore } from './adapters/campaigns/revocation-store.ts';
import { createPrisma } from './adapters/prisma.ts';
import { createReceiptWriter } from './adapters/receipt-writer.ts';
import { inappEventHandler } from './consumers/inapp-event.ts';
import { awardsRoutes } from './routes/campaigns/awards.ts';
import { campaignsRoutes } from './routes/campaigns/campaigns.ts';
import { inappEventsRoutes } from './routes/campaigns/inapp-events.ts';
import { inappKeysRoutes } from './routes/campaigns/inapp-keys.ts';
import { introspectInappKeyRoute } from './routes/campaigns/introspect-inapp-key.ts';
import { mappingsRoutes } from './routes/campaigns/mappings.ts';
import { tasksRoutes } from './routes/campaigns/tasks.ts';

export interface CampaignsDeps {
  pool: Pool;
  redis: Redis;
  sealedBox: SealedBox;
  wake(keys: readonly string[]): void;
  now(): Date;
  logger: Logger;
}

export interface Campaigns {
  routes: Route[];
  internalRouter: Router;
  handler: BatchHandler;
}

/** Everything about campaigns: administration, what ingress asks about in-app keys, and the consumer that awards. */
export function createCampaigns({ pool, redis, sealedBox, wake, now, logger }: CampaignsDeps): Campaigns {
  const prisma = createPrisma(pool);
  const store = createCampaignStore({ prisma, now });
  const keys = createInappKeyStore({ pool, prisma, sealedBox, now });
  const ledger = createLedgerStore(pool);
  const changes = createCampaignChanges(pool);
  return {
    routes: [
      ...campaignsRoutes({ store, changes }),
      ...tasksRoutes({ store, changes }),
      ...mappingsRoutes({ store, mappings: createMappingStore(pool) }),
      ...inappKeysRoutes({ store, keys }),
      ...inappEventsRoutes({ store, ledger }),
      ...awardsRoutes({ store, ledger, revocations: createRevocationStore(pool), wake }),
    ],
    internalRouter: introspectInappKeyRoute({ keys }),
    handler: inappEventHandler({ ...createAwardStore(pool), refreshReceipts: createReceiptWriter(redis, logger), wake }),
  };
}

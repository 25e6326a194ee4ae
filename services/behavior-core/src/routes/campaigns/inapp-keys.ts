import { createInappKeyBody, inappKeyView, pageQuery, toUtc } from '@waggle/contracts';
import { created, parseBody, type ApiRequest, type Route } from '@waggle/http';
import type { z } from 'zod';
import type { CampaignStore } from '../../adapters/campaigns/campaign-store.ts';
import type { InappKeyRow, InappKeyStore } from '../../adapters/campaigns/inapp-key-store.ts';
import { administrator } from '../people/named-user.ts';
import { answerPage, idPosition } from './answer-page.ts';
import { ownedCampaign } from './owned-campaign.ts';

interface InappKeysDeps {
  store: CampaignStore;
  keys: InappKeyStore;
}

export function inappKeysRoutes({ store, keys }: InappKeysDeps): Route[] {
  async function create(request: ApiRequest) {
    const campaign = await ownedCampaign(store, request);
    const { row, secret } = await keys.create(administrator(request), campaign, parseBody(createInappKeyBody, request.body));
    return created({ ...toView(row), secret });
  }

  async function list(request: ApiRequest) {
    const campaign = await ownedCampaign(store, request);
    return answerPage(request, {
      query: pageQuery,
      scope: ['inapp-keys', campaign.id],
      position: idPosition,
      load: ({ after, limit }) => keys.list(campaign, { after: after?.[0] ?? null, limit }),
      positionOf: ({ id }) => [id],
      toItem: toView,
    });
  }

  return [
    { method: 'post', path: '/v1/campaigns/:id/inapp-keys', handle: create },
    { method: 'get', path: '/v1/campaigns/:id/inapp-keys', handle: list },
  ];
}

function toView({ id, campaignId, label, environment, rateLimitPerMinute, createdAt }: InappKeyRow): z.infer<typeof inappKeyView> {
  const base = { key_id: id, campaign_id: campaignId, label, environment: inappKeyView.shape.environment.parse(environment) };
  return { ...base, rate_limit_per_minute: rateLimitPerMinute, created_at: toUtc(createdAt) };
}

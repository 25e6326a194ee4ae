import { campaignView, createCampaignBody, pageQuery, toUtc } from '@waggle/contracts';
import { created, ok, parseBody, requireSystemKey, type ApiRequest, type Route } from '@waggle/http';
import { z } from 'zod';
import type { CampaignRow, CampaignStore } from '../../adapters/campaigns/campaign-store.ts';
import { administrator } from '../people/named-user.ts';
import { answerPage } from './answer-page.ts';
import { ownedCampaign } from './owned-campaign.ts';
import { requireWindow, windowView } from './window.ts';

const position = z.tuple([z.int()]);

export function campaignsRoutes({ store }: { store: CampaignStore }): Route[] {
  async function create(request: ApiRequest) {
    requireSystemKey(request.caller);
    const parsed = parseBody(createCampaignBody, request.body);
    requireWindow(parsed);
    return created(toView(await store.createCampaign(administrator(request), parsed)));
  }

  async function list(request: ApiRequest) {
    requireSystemKey(request.caller);
    return answerPage(request, {
      query: pageQuery,
      scope: ['campaigns'],
      position,
      load: ({ after, limit }) => store.listCampaigns(request.caller.workspaceId, { after: after?.[0] ?? null, limit }),
      positionOf: ({ id }) => [id],
      toItem: toView,
    });
  }

  return [
    { method: 'post', path: '/v1/campaigns', handle: create },
    { method: 'get', path: '/v1/campaigns', handle: list },
    { method: 'get', path: '/v1/campaigns/:id', handle: async (request) => ok(toView(await ownedCampaign(store, request))) },
  ];
}

function toView(row: CampaignRow): z.infer<typeof campaignView> {
  const { id, name, inappWebhooksEnabled: inapp_webhooks_enabled } = row;
  const status = campaignView.shape.status.parse(row.status);
  return { id, name, status, inapp_webhooks_enabled, ...windowView(row), created_at: toUtc(row.createdAt), updated_at: toUtc(row.updatedAt) };
}

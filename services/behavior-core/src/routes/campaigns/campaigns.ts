import { campaignView, changeCampaignBody, createCampaignBody, pageQuery, toUtc, type ChangeCampaignBody } from '@waggle/contracts';
import { answerPage, created, ok, parseBody, positionNumber, requireSystemKey, type ApiRequest, type Route } from '@waggle/http';
import { z } from 'zod';
import type { CampaignChanges } from '../../adapters/campaigns/campaign-changes.ts';
import type { CampaignRow, CampaignStore } from '../../adapters/campaigns/campaign-store.ts';
import { administrator } from '../people/named-user.ts';
import { ownedCampaign, unknownCampaign } from './owned-campaign.ts';
import { changedWindow, requireWindow, windowView } from './window.ts';

const position = z.tuple([positionNumber]);

interface CampaignsDeps {
  store: CampaignStore;
  changes: Pick<CampaignChanges, 'changeCampaign'>;
}

export function campaignsRoutes({ store, changes }: CampaignsDeps): Route[] {
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

  /** The core judges by it at once; ingress learns of the switch within five seconds. */
  async function change(request: ApiRequest) {
    const { id } = await ownedCampaign(store, request);
    const given = parseBody(changeCampaignBody, request.body);
    const changed = await changes.changeCampaign(administrator(request), id, (row) => changedCampaign(row, given));
    if (changed === null) throw unknownCampaign();
    return ok(toView(changed));
  }

  return [
    { method: 'post', path: '/v1/campaigns', handle: create },
    { method: 'get', path: '/v1/campaigns', handle: list },
    { method: 'get', path: '/v1/campaigns/:id', handle: async (request) => ok(toView(await ownedCampaign(store, request))) },
    { method: 'patch', path: '/v1/campaigns/:id', handle: change },
  ];
}

function changedCampaign(row: CampaignRow, given: ChangeCampaignBody): CampaignRow {
  const { name = row.name, status = row.status, inapp_webhooks_enabled: inappWebhooksEnabled = row.inappWebhooksEnabled } = given;
  return { ...row, name, status, inappWebhooksEnabled, ...changedWindow(row, given) };
}

function toView(row: CampaignRow): z.infer<typeof campaignView> {
  const { id, name, inappWebhooksEnabled: inapp_webhooks_enabled } = row;
  const status = campaignView.shape.status.parse(row.status);
  return { id, name, status, inapp_webhooks_enabled, ...windowView(row), created_at: toUtc(row.createdAt), updated_at: toUtc(row.updatedAt) };
}

import { createInappKeyBody, inappKeyView, pageQuery, toUtc } from '@waggle/contracts';
import { answerPage, created, idPosition, noContent, parseBody, Problem, requireApiKey, type ApiRequest, type Route } from '@waggle/http';
import type { z } from 'zod';
import type { CampaignStore } from '../../adapters/campaigns/campaign-store.ts';
import type { InappKeyRow, InappKeyStore } from '../../adapters/campaigns/inapp-key-store.ts';
import { administrator } from '../people/named-user.ts';
import { ownedCampaign, partId } from './owned-campaign.ts';

interface InappKeysDeps {
  store: CampaignStore;
  keys: InappKeyStore;
}

export function inappKeysRoutes({ store, keys }: InappKeysDeps): Route[] {
  async function create(request: ApiRequest) {
    requireApiKey(request.caller);
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

  /** Known everywhere within five seconds. */
  async function revoke(request: ApiRequest) {
    const { id: campaignId } = await ownedCampaign(store, request);
    const id = partId(request, 'key_id');
    const revocation = await keys.revoke(administrator(request), { campaignId, id });
    if (revocation === 'unknown') throw new Problem('not_found', { detail: 'No such key' });
    if (revocation === 'already_revoked') throw new Problem('already_revoked', { detail: `The key ${id} is revoked` });
    return noContent();
  }

  return [
    { method: 'post', path: '/v1/campaigns/:id/inapp-keys', handle: create },
    { method: 'get', path: '/v1/campaigns/:id/inapp-keys', handle: list },
    { method: 'delete', path: '/v1/campaigns/:id/inapp-keys/:key_id', handle: revoke },
  ];
}

function toView({ id, campaignId, label, environment, rateLimitPerMinute, createdAt }: InappKeyRow): z.infer<typeof inappKeyView> {
  const base = { key_id: id, campaign_id: campaignId, label, environment: inappKeyView.shape.environment.parse(environment) };
  return { ...base, rate_limit_per_minute: rateLimitPerMinute, created_at: toUtc(createdAt) };
}

import { createMappingBody, pageQuery, toUtc, type mappingView } from '@waggle/contracts';
import { created, invalid, parseBody, Problem, type ApiRequest, type Route } from '@waggle/http';
import type { z } from 'zod';
import type { CampaignStore, MappingRow } from '../../adapters/campaigns/campaign-store.ts';
import { administrator } from '../people/named-user.ts';
import { answerPage, idPosition } from './answer-page.ts';
import { ownedCampaign } from './owned-campaign.ts';

export function mappingsRoutes({ store }: { store: CampaignStore }): Route[] {
  async function create(request: ApiRequest) {
    const campaign = await ownedCampaign(store, request);
    const mapping = await store.createMapping(administrator(request), campaign, parseBody(createMappingBody, request.body));
    if (mapping === 'no_parent') throw invalid('task_id', 'No such task in this campaign');
    if (mapping === 'already_exists') throw new Problem('already_exists', { detail: 'This event type is mapped to this task already' });
    return created(toView(mapping));
  }

  async function list(request: ApiRequest) {
    const campaign = await ownedCampaign(store, request);
    return answerPage(request, {
      query: pageQuery,
      scope: ['mappings', campaign.id],
      position: idPosition,
      load: ({ after, limit }) => store.listMappings(campaign, { after: after?.[0] ?? null, limit }),
      positionOf: ({ id }) => [id],
      toItem: toView,
    });
  }

  return [
    { method: 'post', path: '/v1/campaigns/:id/mappings', handle: create },
    { method: 'get', path: '/v1/campaigns/:id/mappings', handle: list },
  ];
}

function toView({ id, campaignId, eventType, taskId, active, createdAt, updatedAt }: MappingRow): z.infer<typeof mappingView> {
  return { id, campaign_id: campaignId, event_type: eventType, task_id: taskId, active, created_at: toUtc(createdAt), updated_at: toUtc(updatedAt) };
}

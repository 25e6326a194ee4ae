import { changeMappingBody, createMappingBody, pageQuery, toUtc, type mappingView } from '@waggle/contracts';
import { answerPage, created, idPosition, invalid, noContent, ok, parseBody, Problem, type ApiRequest, type Route } from '@waggle/http';
import type { z } from 'zod';
import type { CampaignStore, MappingRow } from '../../adapters/campaigns/campaign-store.ts';
import type { MappingFault, MappingStore } from '../../adapters/campaigns/mapping-store.ts';
import { administrator } from '../people/named-user.ts';
import { ownedCampaign, partId } from './owned-campaign.ts';

interface MappingsDeps {
  store: CampaignStore;
  mappings: MappingStore;
}

/** A new mapping works at once; that one is gone is known everywhere within five seconds, and to awarding at once. */
export function mappingsRoutes({ store, mappings }: MappingsDeps): Route[] {
  async function create(request: ApiRequest) {
    const campaign = await ownedCampaign(store, request);
    return created(toView(orProblem(await mappings.create(administrator(request), campaign, parseBody(createMappingBody, request.body)))));
  }

  async function change(request: ApiRequest) {
    const { id: campaignId } = await ownedCampaign(store, request);
    const given = parseBody(changeMappingBody, request.body);
    const changed = await mappings.change(administrator(request), { campaignId, id: partId(request, 'mapping_id') }, given);
    if (changed === null) throw unknownMapping();
    return ok(toView(orProblem(changed)));
  }

  async function remove(request: ApiRequest) {
    const { id: campaignId } = await ownedCampaign(store, request);
    if (!(await mappings.remove(administrator(request), { campaignId, id: partId(request, 'mapping_id') }))) throw unknownMapping();
    return noContent();
  }

  async function list(request: ApiRequest) {
    const campaign = await ownedCampaign(store, request);
    return answerPage(request, {
      query: pageQuery,
      scope: ['mappings', campaign.id],
      position: idPosition,
      load: ({ after, limit }) => mappings.list(campaign, { after: after?.[0] ?? null, limit }),
      positionOf: ({ id }) => [id],
      toItem: toView,
    });
  }

  return [
    { method: 'post', path: '/v1/campaigns/:id/mappings', handle: create },
    { method: 'get', path: '/v1/campaigns/:id/mappings', handle: list },
    { method: 'patch', path: '/v1/campaigns/:id/mappings/:mapping_id', handle: change },
    { method: 'delete', path: '/v1/campaigns/:id/mappings/:mapping_id', handle: remove },
  ];
}

const unknownMapping = () => new Problem('not_found', { detail: 'No such mapping' });

function orProblem(mapping: MappingRow | MappingFault): MappingRow {
  if (mapping === 'no_task') throw invalid('task_id', 'No such task in this campaign');
  if (mapping === 'already_exists') throw new Problem('already_exists', { detail: 'This event type is mapped to this task already' });
  return mapping;
}

function toView({ id, campaignId, eventType, taskId, active, createdAt, updatedAt }: MappingRow): z.infer<typeof mappingView> {
  return { id, campaign_id: campaignId, event_type: eventType, task_id: taskId, active, created_at: toUtc(createdAt), updated_at: toUtc(updatedAt) };
}

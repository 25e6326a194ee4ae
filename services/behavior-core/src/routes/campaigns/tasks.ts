import { createTaskBody, pageQuery, taskView, toUtc } from '@waggle/contracts';
import { created, parseBody, type ApiRequest, type Route } from '@waggle/http';
import type { z } from 'zod';
import type { CampaignStore, TaskRow } from '../../adapters/campaigns/campaign-store.ts';
import { administrator } from '../people/named-user.ts';
import { answerPage, idPosition } from './answer-page.ts';
import { ownedCampaign } from './owned-campaign.ts';
import { requireWindow, windowView } from './window.ts';

export function tasksRoutes({ store }: { store: CampaignStore }): Route[] {
  async function create(request: ApiRequest) {
    const campaign = await ownedCampaign(store, request);
    const body = parseBody(createTaskBody, request.body);
    requireWindow(body);
    return created(toView(await store.createTask(administrator(request), campaign, body)));
  }

  async function list(request: ApiRequest) {
    const campaign = await ownedCampaign(store, request);
    return answerPage(request, {
      query: pageQuery,
      scope: ['tasks', campaign.id],
      position: idPosition,
      load: ({ after, limit }) => store.listTasks(campaign, { after: after?.[0] ?? null, limit }),
      positionOf: ({ id }) => [id],
      toItem: toView,
    });
  }

  return [
    { method: 'post', path: '/v1/campaigns/:id/tasks', handle: create },
    { method: 'get', path: '/v1/campaigns/:id/tasks', handle: list },
  ];
}

function toView(row: TaskRow): z.infer<typeof taskView> {
  const { id, campaignId: campaign_id, name, points, maxAwards: max_awards, awardsUsed: awards_used } = row;
  const { verification, recurrence } = taskView.pick({ verification: true, recurrence: true }).parse(row);
  const times = { ...windowView(row), created_at: toUtc(row.createdAt), updated_at: toUtc(row.updatedAt) };
  return { id, campaign_id, name, verification, points, recurrence, max_awards, awards_used, ...times };
}
